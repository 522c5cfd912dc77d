import { button, field, fieldError, fillSignIn, fillSignUp, words } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { expect } from '../../fixtures/test';

test.describe.configure({ mode: 'default', timeout: 90_000 });

for (const state of ['wasm', 'noscript'] as const) {
  test.describe(state, () => {
    test.use({ state, javaScriptEnabled: state !== 'noscript' });

    test('whoever leaves and does not come back is gone, and the address is free', async ({ page, context, member, visit, own, mailTo }) => {
      const asked = () => fillSignIn(page, member).then(() => button(page, 'Sign in').click());
      const account = `email_canonical = '${member.email}'`;

      await visit('/account/leave');
      await expect(page.getByText('For 14 days you can restore it')).toBeVisible();
      await button(page, 'Delete account').click();
      await expect(page).toHaveURL('/login');
      const first = await mailTo(member.email, /account will be deleted$/);
      expect(first.text).toContain('Until the day below it can be restored.');
      await visit('/register');
      await fillSignUp(page, member);
      await button(page, 'Create account').click();
      await expect(fieldError(page, 'email'), 'the address is kept in the grace').toContainText(words.taken);

      // Twelve days go by: for the mail that waits, then for the account.
      own.postgres.execute("UPDATE outbox SET next_at = next_at - interval '12 days' WHERE kind = 'account closes soon'");
      await mailTo(member.email, /account will soon be deleted$/);
      own.postgres.execute(`UPDATE users SET closes_at = closes_at - interval '12 days' WHERE ${account}`);
      await visit('/login');
      await asked();
      await expect(page.getByRole('alert')).toContainText('It can be restored for 2 days');
      await expect(button(page, 'Restore account')).toBeVisible();

      // The last two as well. What deletes it runs hourly, and when a server begins.
      own.postgres.execute(`UPDATE users SET closes_at = closes_at - interval '2 days' WHERE ${account}`);
      const before = own.server.log().length;
      await own.server.restart();
      await expect.poll(() => own.server.log().slice(before)).toContain('an account was deleted, whose owner had left');
      await context.clearCookies();
      await visit('/login');
      await asked();
      await expect(page.getByRole('alert').first(), 'as for nobody').toContainText(words.wrongPassword);
      await expect(button(page, 'Restore account')).toHaveCount(0);

      await visit('/register');
      await fillSignUp(page, member);
      await button(page, 'Create account').click();
      await expect(page).toHaveURL('/account');
      await expect(field(page, 'Name')).toHaveValue(member.name);
    });
  });
}

import { button, field, fillSignIn } from '../../fixtures/forms';
import { expect, test } from '../../fixtures/test';

test('somebody takes their data along, deletes the account, and comes back @plain', async ({ page, member, visit }) => {
  await visit('/account');
  await page.getByRole('link', { name: 'delete your account' }).click();
  await expect(page).toHaveURL('/account/leave');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download your data' }).click();
  expect((await download).suggestedFilename()).toBe('account-export.json');

  await button(page, 'Delete account').click();
  await expect(page).toHaveURL('/login');
  await expect(page.getByText('Your account was deleted')).toBeVisible();

  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText('It can be restored for 14 days');
  await expect(button(page, 'Sign in')).toHaveCount(0);
  // Without WebAssembly no page shows a password again.
  await field(page, 'Password').fill(member.password);
  await button(page, 'Restore account').click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Your profile' })).toBeVisible();
});

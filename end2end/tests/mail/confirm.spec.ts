// An old sign-in is confirmed before what a thief of a session must not do: by the password, or by a code that is mailed.
import { accessible } from '../../fixtures/axe';
import { button, field, fieldError, withNext } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { overflow } from '../../fixtures/overflow';
import type { Postgres } from '../../fixtures/postgres';
import { expect, type Person } from '../../fixtures/test';
import type { Page } from '@playwright/test';

test.describe.configure({ mode: 'default' });

const asks = withNext('/confirm', '/account/leave');

function of({ email }: Person): string {
  return `(SELECT id FROM users WHERE email = '${email}')`;
}

/** As if everything that the person has proven had been long ago. */
function age(postgres: Postgres, person: Person): void {
  const old = 'SELECT jsonb_object_agg(key, 1) FROM jsonb_each(factors)';
  postgres.execute(`UPDATE sessions SET factors = (${old}) WHERE user_id = ${of(person)}`);
}

function prove(postgres: Postgres, person: Person): void {
  postgres.execute(`UPDATE users SET email_verified = true WHERE id = ${of(person)}`);
}

function heading(page: Page, name: string) {
  return page.getByRole('heading', { name, exact: true });
}

/** Its card has the same name. */
function password(page: Page) {
  return page.getByRole('textbox', { name: 'Password' });
}

for (const state of ['wasm', 'noscript', 'blocked'] as const) {
  test.describe(state, () => {
    test.use({ state, javaScriptEnabled: state !== 'noscript' });

    test('the password confirms, and the deletion goes on', async ({ page, own, member, visit }) => {
      age(own.postgres, member);
      await visit('/account/leave');
      await button(page, 'Delete account').click();
      await expect(page).toHaveURL(asks);
      await expect(heading(page, "Confirm it's you")).toBeVisible();
      await expect(button(page, 'Email me a code'), 'to an address of nobody').toHaveCount(0);
      await expect(page.locator('html[data-hydrated]'), 'no program comes with it').toHaveCount(0);

      await button(page, 'Continue').click();
      await expect(fieldError(page, 'current_password')).toBeVisible();
      await password(page).fill('not the password');
      await button(page, 'Continue').click();
      await expect(fieldError(page, 'current_password')).toContainText('not your');
      await expect(password(page)).toBeFocused();
      await expect(password(page)).toHaveValue('');
      await expect(page).toHaveURL(asks);

      await password(page).fill(member.password);
      await button(page, 'Continue').click();
      await expect(page).toHaveURL('/account/leave');
      await expect(page.getByText('Nothing was changed yet.')).toBeVisible();
      await button(page, 'Delete account').click();
      await expect(page).toHaveURL('/login');
      await expect(page.getByText('Your account was deleted')).toBeVisible();
    });

    test('a code by mail confirms, and the file is downloaded from the page that one is on', async ({ page, own, member, visit, mailTo }) => {
      prove(own.postgres, member);
      age(own.postgres, member);
      await visit('/account/leave');
      await page.getByRole('link', { name: 'Download your data' }).click();
      await expect(page).toHaveURL(asks);
      await button(page, 'Email me a code').click();
      await expect(page.getByText('An email is on its way.')).toBeVisible();
      await expect(page.getByText('It goes to')).toContainText(member.email);
      await page.reload();
      await field(page, 'Code').fill('AAAAA-AAAAA');
      await button(page, 'Continue').click();
      await expect(fieldError(page, 'code')).toBeVisible();
      await expect(field(page, 'Code')).toHaveValue('AAAAA-AAAAA');
      await expect(field(page, 'Code')).toBeFocused();

      const { code, text } = await mailTo(member.email, /^Your confirmation code/);
      expect(text, 'no link confirms').not.toContain('#');
      await field(page, 'Code').fill(code.toLowerCase().replace('-', ' '));
      await button(page, 'Continue').click();
      await expect(page).toHaveURL('/account/leave');
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download your data' }).click();
      expect((await download).suggestedFilename()).toBe('account-export.json');
      await expect(page).toHaveURL('/account/leave');
      await expect(button(page, 'Delete account')).toBeVisible();
    });

    test('whoever has a code already enters it, and may go elsewhere with it', async ({ page, own, member }) => {
      prove(own.postgres, member);
      await page.goto('/confirm?next=/account/leave');
      await page.getByRole('link', { name: 'I have a code' }).click();
      await field(page, 'Code').fill('AAAAA-AA');
      page.on('dialog', dialog => expect(dialog.message(), 'a code is no text to lose').toBe(''));
      await page.getByRole('link', { name: 'Get a new code, or use your password' }).click();
      await expect(page).toHaveURL(asks);
      await expect(password(page)).toBeVisible();
      await expect(button(page, 'Email me a code')).toBeVisible();
    });

    test('an account with neither is told what it needs', async ({ page, own, member }) => {
      own.postgres.execute(`UPDATE users SET password_hash = NULL WHERE id = ${of(member)}`);
      await page.goto('/confirm?next=/account/leave');
      await expect(heading(page, 'You need a password first')).toBeVisible();
      await expect(button(page, 'Continue')).toHaveCount(0);
      await page.getByRole('link', { name: 'Choose a password' }).click();
      await expect(page).toHaveURL('/forgot');
    });
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 768, 1600]) {
    test(`axe finds nothing, and nothing sticks out (${colorScheme}, ${width} px)`, async ({ page, own, member }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      const looks = async (what: string) => {
        expect(await overflow(page), what).toEqual([]);
        await accessible(page, what);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const folder = process.env.CONFIRM_PICTURES;
        if (folder) await page.screenshot({ path: `${folder}/${what.replaceAll(' ', '-')}-${colorScheme}-${width}.png`, fullPage: true });
      };
      await page.goto('/confirm');
      await looks('password');
      prove(own.postgres, member);
      await page.goto('/confirm');
      await looks('both ways');
      await button(page, 'Continue').click();
      await expect(fieldError(page, 'current_password')).toBeVisible();
      await looks('refused password');
      await button(page, 'Email me a code').click();
      await expect(field(page, 'Code')).toBeVisible();
      await looks('code');
      await field(page, 'Code').fill('AAAAA-AAAAA');
      await button(page, 'Continue').click();
      await expect(fieldError(page, 'code')).toBeVisible();
      await looks('refused code');
      for (let more = 0; more < 3; more += 1) {
        await page.goto('/confirm');
        await button(page, 'Email me a code').click();
      }
      await expect(page.getByText('Too many attempts. Try again in')).toBeVisible();
      await looks('too many codes');
      own.postgres.execute(`UPDATE users SET password_hash = NULL, email_verified = false WHERE id = ${of(member)}`);
      await page.goto('/confirm');
      await looks('no way');
    });
  }
}

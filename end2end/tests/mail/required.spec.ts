import { accessible } from '../../fixtures/axe';
import { button, field, fillEmail, fillSignIn, fillSignUp, menu, signOut } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { overflow } from '../../fixtures/overflow';
import { expect } from '../../fixtures/test';
import type { Locator, Page } from '@playwright/test';

test.use({ requireVerified: true });
test.describe.configure({ mode: 'default' });

const confirm = /^Confirm your email address/;

/** The forms that lead to the proof. */
const proving = ['/fn/verify/resend', '/fn/email/cancel', '/fn/email/change'];

function how(page: Page): Locator {
  return page.getByRole('heading', { name: 'Confirm your email', exact: true });
}

/** How to prove the address, and nothing that a member does. */
async function waits(page: Page, email: string): Promise<void> {
  await expect(how(page)).toBeVisible();
  await expect(page.getByText('We sent a link to')).toContainText(email);
  const forms = await page.locator('main form').evaluateAll(all => all.map(form => form.getAttribute('action')));
  expect(forms).toEqual(proving);
}

async function profile(page: Page, name: string): Promise<void> {
  await expect(page).toHaveURL('/account');
  await expect(button(page, 'Save profile')).toBeVisible();
  await expect(field(page, 'Name')).toHaveValue(name);
  await expect(how(page)).toHaveCount(0);
}

for (const state of ['wasm', 'noscript', 'blocked'] as const) {
  test.describe(state, () => {
    test.use({ state, javaScriptEnabled: state !== 'noscript' });

    test.beforeEach(async ({ page, person, visit }) => {
      await visit('/register');
      await fillSignUp(page, person);
      await button(page, 'Create account').click();
      await expect(page).toHaveURL('/account');
      await waits(page, person.email);
    });

    test('a new member sees how to prove the address and nothing else, until it is proven', async ({ page, person, visit, mailTo }) => {
      const first = await mailTo(person.email, confirm);
      await menu(page).click();
      await page.getByRole('banner').getByRole('link', { name: 'Security' }).click();
      await expect(page).toHaveURL('/account/security');
      await waits(page, person.email);
      for (const path of ['/account', '/account/security']) {
        await visit(path);
        await waits(page, person.email);
      }
      if (state === 'wasm') await accessible(page, 'an address to prove');

      await button(page, 'Send it again').click();
      await expect(page.getByText("It's on its way.")).toBeVisible();
      await waits(page, person.email);
      const { link, code } = await mailTo(person.email, confirm);
      expect(link, 'the same link').toBe(first.link);
      await visit(link);
      if (state === 'noscript') {
        await fillEmail(page, person.email);
        await field(page, 'Code').fill(code);
      } else {
        await expect(field(page, 'Code')).toBeHidden();
      }
      await button(page, 'Confirm email').click();
      await expect(page.getByText('Your email is confirmed.')).toBeVisible();
      await profile(page, person.name);
      await visit('/account/security');
      await expect(button(page, 'Change password')).toBeVisible();
    });

    test('a mistyped address is changed, and the code of the new one proves it', async ({ page, person, visit, mailTo }) => {
      const next = `right-${person.email}`;
      await fillEmail(page, next, 'New email');
      await field(page, 'Password').fill(person.password);
      await button(page, 'Change email').click();
      await expect(page.getByText('We sent a link to the new address.')).toBeVisible();
      await expect(page.getByText(`${next} becomes your email`)).toBeVisible();
      await expect(button(page, 'Send it again'), 'the old address has nothing to prove').toBeHidden();
      await expect(how(page)).toBeVisible();
      if (state === 'wasm') await accessible(page, 'another address to prove');

      const { code } = await mailTo(next, /^Confirm your new email address/);
      await page.getByRole('link', { name: 'Enter the code' }).click();
      await expect(page).toHaveURL('/verify');
      await fillEmail(page, next);
      await field(page, 'Code').fill(code);
      await button(page, 'Confirm email').click();
      await profile(page, person.name);
      await visit('/account/security');
      await expect(page.getByRole('definition').getByText(next)).toBeVisible();
    });

    test('whoever waits signs out, and waits again after the next sign-in', async ({ page, person, visit }) => {
      await signOut(page);
      await visit('/account');
      await expect(page).toHaveURL(url => url.pathname === '/login');
      await fillSignIn(page, person);
      await button(page, 'Sign in').click();
      await expect(page).toHaveURL('/account');
      await waits(page, person.email);
    });

    test.describe('on a small screen', () => {
      test.use({
        viewport: { width: 320, height: 640 },
        // As long as mail takes them: 64 letters before the @, and 63 in a part of what follows.
        person: async ({ person }, use) => {
          await use({ ...person, email: `${'w'.repeat(23)}.${person.email.replace('@', `@${'w'.repeat(63)}.`)}` });
        },
      });

      test('nothing sticks out', async ({ page, person, visit }) => {
        for (const path of ['/account', '/account/security']) {
          await visit(path);
          await waits(page, person.email);
          expect(await overflow(page), path).toEqual([]);
        }
      });
    });
  });
}

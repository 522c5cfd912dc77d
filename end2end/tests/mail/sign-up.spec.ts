import { accessible } from '../../fixtures/axe';
import { button, field, fieldError, fillEmail, fillSignIn, fillSignUp, signOut, words } from '../../fixtures/forms';
import type { Mail } from '../../fixtures/mail';
import { scan, test } from '../../fixtures/mail-server';
import { expect, type Person } from '../../fixtures/test';
import type { Page } from '@playwright/test';

test.use({ signup: 'verify' });
// A scan is ten pages.
test.describe.configure({ mode: 'default', timeout: 120_000 });

const finish = /^Finish signing up/;

/** Signs up; what the page says then. */
async function ask(page: Page, person: Person): Promise<string> {
  await fillSignUp(page, person);
  await button(page, 'Create account').click();
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
  return page.getByRole('main').innerText();
}

for (const state of ['wasm', 'noscript', 'blocked'] as const) {
  // Firefox goes through them once.
  test.describe(state, { tag: state === 'wasm' ? [] : '@chromium' }, () => {
    test.use({ state, javaScriptEnabled: state !== 'noscript' });

    /** By the link, or by the code where no script takes the link's token. */
    async function prove(page: Page, { link, code }: Mail, email: string): Promise<void> {
      if (state !== 'noscript') {
        await expect(field(page, 'Code')).toBeHidden();
      } else {
        expect(link).toContain('/verify#');
        await fillEmail(page, email);
        await field(page, 'Code').fill(code);
      }
      await button(page, 'Confirm email').click();
    }

    test('in the browser of the sign-up the password counts', async ({ page, browser, person, visit, mailTo }) => {
      await visit('/register');
      await ask(page, person);
      if (state !== 'noscript') await accessible(page, 'check your email');
      const mail = await mailTo(person.email, finish);
      if (state === 'wasm') await scan(browser, mail);
      await visit(mail.link);
      await prove(page, mail, person.email);
      await expect(page).toHaveURL('/account');
      await expect(field(page, 'Name')).toHaveValue(person.name);
      await signOut(page);
      await visit('/login');
      await fillSignIn(page, person);
      await button(page, 'Sign in').click();
      await expect(page).toHaveURL('/account');

      await visit(mail.link);
      await prove(page, mail, person.email);
      await expect(page.getByRole('alert').first(), 'the link works once').toContainText(words.noLonger);
    });

    test('in another browser a new password is asked for', async ({ page, person, visit, mailTo, elsewhere }) => {
      await visit('/register');
      await ask(page, person);
      const mail = await mailTo(person.email, finish);
      const other = await elsewhere(mail.link);
      await prove(other, mail, person.email);
      await expect(fieldError(other, 'password')).toBeVisible();
      if (state !== 'noscript') await accessible(other, 'a new password is missing');
      const next = `${person.password}-new`;
      await field(other, 'Password').fill(next);
      await button(other, 'Confirm email').click();
      await expect(other).toHaveURL('/account');

      await visit('/login');
      await fillSignIn(page, person);
      await button(page, 'Sign in').click();
      await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
      await field(page, 'Password').fill(next);
      await button(page, 'Sign in').click();
      await expect(page).toHaveURL('/account');
    });

    test('the page says the same to whoever has an account, and the mail says more', async ({ page, person, visit, mailTo, elsewhere }) => {
      await visit('/register');
      const unknown = await ask(page, person);
      const mail = await mailTo(person.email, finish);
      await visit(mail.link);
      await prove(page, mail, person.email);
      await expect(page).toHaveURL('/account');

      const other = await elsewhere('/register');
      expect(await ask(other, { ...person, password: `other-${person.password}` })).toBe(unknown);
      const { text, link, code } = await mailTo(person.email, /^You already have an account/);
      expect(text).toContain('/login');
      expect(text).toContain('/forgot');
      expect([link, code], 'nothing that opens the account').toEqual(['', '']);
      await other.goto('/account');
      await expect(other).toHaveURL(url => url.pathname === '/login');
    });
  });
}

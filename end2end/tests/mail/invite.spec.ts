import { accessible } from '../../fixtures/axe';
import { button, field, fieldError, fillEmail, fillSignIn, words } from '../../fixtures/forms';
import { scan, test } from '../../fixtures/mail-server';
import type { Server } from '../../fixtures/server';
import { expect, type Person } from '../../fixtures/test';
import type { Page } from '@playwright/test';

test.use({ signup: 'closed' });
// A scan is ten pages.
test.describe.configure({ mode: 'default', timeout: 120_000 });

/** The link and the code that an operator passes on. */
function printed(server: Server, email: string): { link: string; code: string } {
  const lines = server.command('link', 'invite', email);
  const [, link, code] = /^link: (.*)\ncode: (.*)$/m.exec(lines)!;
  return { link: link!, code: code! };
}

async function accept(page: Page, { name, password }: Person): Promise<void> {
  await field(page, 'Name').fill(name);
  await field(page, 'Password').fill(password);
  await button(page, 'Create account').click();
}

async function no(page: Page): Promise<void> {
  await expect(page.getByRole('alert').first()).toContainText(words.noLonger);
}

test('whoever is invited by mail makes an account, once', async ({ page, context, browser, person, visit, own, mailTo }) => {
  own.server.command('invite', person.email);
  const mail = await mailTo(person.email, /^You're invited/);
  expect(mail.encrypted, 'a plain way, on this machine').toBe(false);
  await scan(browser, mail);
  await visit(mail.link);
  await expect(page).toHaveURL('/invite');
  await expect(page.getByText("You're invited.")).toBeVisible();
  await expect(field(page, 'Code')).toBeHidden();
  await accept(page, { ...person, password: 'password123' });
  await expect(fieldError(page, 'password')).toContainText('easy to guess');
  await expect(field(page, 'Name'), 'what was typed stays').toHaveValue(person.name);
  await accept(page, person);
  await expect(page).toHaveURL('/account');
  await expect(field(page, 'Name')).toHaveValue(person.name);
  await expect(page.getByText('We sent a link to'), 'the address is proven').toHaveCount(0);

  await context.clearCookies();
  await visit(mail.link);
  await accept(page, person);
  await no(page);
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

test('an invitation that was taken back says so', async ({ page, person, visit, own }) => {
  own.server.command('invite', person.email);
  const { link } = printed(own.server, person.email);
  expect(own.server.command('invite', person.email, '--revoke')).toContain('has ended');
  await visit(link);
  await accept(page, person);
  await no(page);
  await expect(field(page, 'Name'), 'what was typed stays').toHaveValue(person.name);
});

for (const state of ['wasm', 'noscript', 'blocked'] as const) {
  // Firefox goes through them once.
  test.describe(state, { tag: state === 'wasm' ? [] : '@chromium' }, () => {
    test.use({ state, javaScriptEnabled: state !== 'noscript' });

    test('nobody else signs up, and the page says why', async ({ page, visit }) => {
      await visit('/register');
      await expect(page.getByText('New accounts are by invitation only.')).toBeVisible();
      await expect(page.locator('main form')).toHaveCount(0);
      if (state !== 'noscript') await accessible(page, 'closed');
    });

    test('whoever is invited makes an account by the code', async ({ page, person, visit, own }) => {
      own.server.command('invite', person.email);
      const { code } = printed(own.server, person.email);
      await visit('/invite');
      await accept(page, person);
      await expect(fieldError(page, 'code')).toBeVisible();
      if (state !== 'noscript') await accessible(page, 'refused');
      await fillEmail(page, person.email);
      await field(page, 'Code').fill(code.toLowerCase());
      await field(page, 'Password').fill(person.password);
      await button(page, 'Create account').click();
      await expect(page).toHaveURL('/account');
      await expect(field(page, 'Name')).toHaveValue(person.name);
    });
  });
}

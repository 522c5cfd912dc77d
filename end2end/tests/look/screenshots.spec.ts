import { join } from 'node:path';
import { root } from '../../fixtures/env';
import { button, field, fieldError, fillSignIn, words } from '../../fixtures/forms';
import { expect, register, somebody, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

const widths = [320, 768, 1600];
const themes = ['light', 'dark'] as const;

async function take(page: Page, name: string, wanted = widths): Promise<void> {
  for (const theme of themes) {
    for (const width of wanted) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: width === 320 ? 640 : width === 768 ? 900 : 1000 });
      await page.screenshot({ path: join(root, `docs/images/${name}-${theme}-${width}.png`), animations: 'disabled' });
    }
  }
}

const strangers = {
  home: '/',
  'sign-in': '/login',
  register: '/register',
  'sign-in-code': '/login/code',
  'enter-sign-in-code': '/login/code?step=enter',
  forgot: '/forgot',
  'reset-by-code': '/reset',
  'reset-by-link': `/reset#${'a'.repeat(43)}`,
  verify: '/verify',
  'not-me': '/not-me',
  'not-found': '/nowhere',
};

for (const [name, path] of Object.entries(strangers)) {
  test(`pictures of ${path}`, async ({ page, visit }) => {
    await visit(path);
    await take(page, name);
  });
}

test('pictures of a refused sign-in', async ({ page, visit, person }) => {
  await visit('/login');
  await fillSignIn(page, { ...person, email: 'ana@example.com' });
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toBeVisible();
  await take(page, 'sign-in-error', [320, 1600]);
});

test('pictures of a refused sign-up', async ({ page, visit }) => {
  await visit('/register');
  await field(page, 'Name').fill('Ana Ilves');
  await field(page, 'Email').fill('ana@');
  await field(page, 'Password').fill('door');
  await button(page, 'Create account').click();
  await expect(fieldError(page, 'email')).toBeVisible();
  await take(page, 'register-error', [320, 1600]);
});

test('pictures of an account', async ({ page, visit, context, baseURL }) => {
  await register(context, { ...somebody(), email: 'ana.ilves@example.com' }, baseURL!);
  await visit('/account');
  await field(page, 'First name').fill('Ana');
  await field(page, 'Last name').fill('Ilves');
  await field(page, 'Bio').fill('Restores old doors, and the houses around them.');
  await take(page, 'account');
  await button(page, 'Save profile').click();
  await expect(page.getByText(words.saved)).toBeVisible();
  await take(page, 'account-saved', [1600]);
  await visit('/account/security');
  await take(page, 'security');
});

test('pictures of an error page', async ({ browser, baseURL, extraHTTPHeaders }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL, extraHTTPHeaders });
  const page = await context.newPage();
  await page.goto('/login');
  await field(page, 'Email or username').evaluate((input: HTMLInputElement) => (input.value = 'x'.repeat(100_000)));
  await button(page, 'Sign in').click();
  await expect(page.getByRole('heading', { name: 'Too large' })).toBeVisible();
  await take(page, 'error-page', [320, 1600]);
  await context.close();
});

import { button, field, fieldError, fillSignIn, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { take } from '../../fixtures/pictures';
import { expect, register, somebody, test } from '../../fixtures/test';

const strangers = {
  home: '/',
  'sign-in': '/login',
  register: '/register',
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
  const person = { ...somebody(), email: 'ana.ilves@example.com' };
  await register(context, person, baseURL!);
  await visit((await mailTo(person.email, /^Confirm your email/)).link);
  await button(page, 'Confirm email').click();
  await expect(page).toHaveURL('/account');
  await visit('/account');
  await field(page, 'First name').fill('Ana');
  await field(page, 'Last name').fill('Ilves');
  await field(page, 'Bio').fill('Restores old doors, and the houses around them.');
  await take(page, 'account');
  await button(page, 'Save profile').click();
  await expect(page.getByText(words.saved)).toBeVisible();
  await take(page, 'account-saved', [1600]);
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

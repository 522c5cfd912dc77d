import { button, field, fieldError, fillSignIn, signOut, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { Authenticator, offersNone } from '../../fixtures/passkeys';
import { take } from '../../fixtures/pictures';
import { expect, register, somebody, test } from '../../fixtures/test';
import { enterCode } from '../../fixtures/totp';

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

test('pictures of sessions, devices and activity', async ({ page, visit, context, browser, baseURL, playwright, extraHTTPHeaders }) => {
  const person = { ...somebody(), email: 'ana.ilves@harbour.example' };
  await register(context, person, baseURL!);
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15';
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1';
  const origin = { Origin: baseURL!, Accept: 'application/json' };
  for (const [userAgent, address] of [[mac, '203.0.113.7'], [phone, '198.51.100.23']] as const) {
    const other = await browser.newContext({ userAgent, extraHTTPHeaders: { 'X-Forwarded-For': address } });
    for (const password of ['a mistyped password', person.password]) {
      const form = { 'form[identifier]': person.email, 'form[password]': password };
      await other.request.post(`${baseURL}/fn/login`, { headers: origin, form });
    }
    await other.close();
  }
  const program = await playwright.request.newContext({ baseURL, userAgent: 'curl/8.5.0', extraHTTPHeaders });
  await program.post('/api/v1/auth/login', { data: { email: person.email, password: person.password } });
  await program.dispose();
  await visit('/account/security');
  await take(page, 'sessions');
  await button(page, 'Sign out: Safari on iPhone').click();
  await expect(page.getByText('Signed out there.')).toBeVisible();
  await page.mouse.move(0, 0);
  await take(page, 'sessions-ended', [320, 1600]);
  await visit('/account/activity');
  await take(page, 'activity');
});

test('pictures of leaving and of coming back', async ({ page, visit, context, baseURL }) => {
  const person = { ...somebody(), email: 'ana.ilves@quay.example' };
  await register(context, person, baseURL!);
  await page.goto('/confirm?next=/account/leave');
  await take(page, 'confirm');
  await visit('/account/leave');
  await page.getByText('What we keep, and for how long').click();
  await take(page, 'leave');
  await button(page, 'Delete account').click();
  await expect(page.getByText('Your account was deleted')).toBeVisible();
  await take(page, 'leave-closed', [320, 1600]);
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(button(page, 'Restore account')).toBeVisible();
  await page.mouse.move(0, 0);
  await take(page, 'restore', [320, 1600]);
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

test('pictures of two-step sign-in', async ({ page, context, visit, baseURL }) => {
  const person = { ...somebody(), email: `ana.${Date.now()}@example.com` };
  await register(context, person, baseURL!);
  await page.goto('/account/factors');
  await button(page, 'Set up an authenticator app').click();
  await take(page, 'two-step-set-up', [320, 1600]);
  const secret = await page.locator('.key').innerText();
  await enterCode(page, secret, 1, button(page, 'Turn on two-step sign-in'), page.getByText('Two-step sign-in is on, and'));
  await take(page, 'two-step-codes');
  await signOut(page);
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/login/factor');
  await take(page, 'second-step');
});

test('pictures of passkeys', async ({ page, context, visit, baseURL }) => {
  const person = { ...somebody(), email: `ana.${Date.now()}@example.com` };
  await register(context, person, baseURL!);
  await Authenticator.of(page);
  await page.goto('/account/factors');
  await page.locator('form[data-passkey=add]').getByRole('textbox', { name: 'Name' }).fill('My laptop');
  await button(page, 'Add a passkey').click();
  await expect(page.getByText('Your passkey was added')).toBeVisible();
  await page.goto('/account/factors');
  await take(page, 'passkeys');
  await offersNone(page);
  await signOut(page);
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/login/factor');
  await take(page, 'second-step-passkey', [320, 1600]);
});

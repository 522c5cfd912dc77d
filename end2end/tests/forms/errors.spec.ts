import { button, field, fieldError, fillPasswordChange, fillSignIn, fillSignUp, words } from '../../fixtures/forms';
import { expect, test } from '../../fixtures/test';
import type { Locator, Page } from '@playwright/test';

async function refused(page: Page, input: Locator, name: string, text: string | RegExp): Promise<void> {
  await expect(fieldError(page, name)).toHaveText(text);
  await expect(input).toHaveAttribute('aria-invalid', 'true');
  await expect(input).toHaveAccessibleDescription(new RegExp(typeof text === 'string' ? escaped(text) : text.source));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A password that went into a refused form is nowhere in what comes back. */
async function notEchoed(page: Page, password: string): Promise<void> {
  expect(await page.content()).not.toContain(password);
}

test('a wrong password says so, keeps the name and forgets the password @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/login');
  await fillSignIn(page, { email: member.email, password: 'not-the-password-1' });
  await page.getByRole('checkbox').check();
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
  await expect(page.getByRole('checkbox')).toBeChecked();
  await notEchoed(page, 'not-the-password-1');
  await field(page, 'Password').fill(member.password);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

test('an unknown person and a wrong password read the same @plain', async ({ page, person, visit }) => {
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
});

test('a taken address is told beside its field @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/register');
  await fillSignUp(page, { ...member, email: member.email.toUpperCase() });
  await button(page, 'Create account').click();
  await refused(page, field(page, 'Email'), 'email', words.taken);
  await expect(field(page, 'Email')).toHaveValue(member.email.toUpperCase());
  await expect(field(page, 'Name')).toHaveValue(member.name);
  await notEchoed(page, member.password);
});

test('every refused field says what to do, and typed text stays @plain', async ({ page, visit }) => {
  await visit('/register');
  await fillSignUp(page, { name: 'Ana', email: 'not an address', password: 'short' });
  await button(page, 'Create account').click();
  await refused(page, field(page, 'Email'), 'email', 'Enter an email address like name@example.com.');
  await refused(page, field(page, 'Password'), 'password', 'Use at least 8 characters.');
  await expect(field(page, 'Name')).toHaveValue('Ana');
  await expect(field(page, 'Email')).toHaveValue('not an address');
  await expect(page).toHaveURL('/register');
});

test('a weak password is refused in words @plain', async ({ page, person, visit }) => {
  await visit('/register');
  await fillSignUp(page, { ...person, password: 'password123' });
  await button(page, 'Create account').click();
  await refused(page, field(page, 'Password'), 'password', /^That password is easy to guess\. \w+/);
  await expect(field(page, 'Email')).toHaveValue(person.email);
  await notEchoed(page, 'password123');
});

test('empty forms are refused field by field @plain', async ({ page, visit }) => {
  await visit('/login');
  await button(page, 'Sign in').click();
  await refused(page, field(page, 'Email or username'), 'identifier', 'Enter your email or username.');
  await refused(page, field(page, 'Password'), 'password', 'Enter your password.');
  await visit('/register');
  await button(page, 'Create account').click();
  await refused(page, field(page, 'Email'), 'email', 'Enter your email address.');
  await refused(page, field(page, 'Password'), 'password', 'Choose a password.');
});

test('a refused profile keeps what was typed and changes nothing @plain', async ({ page, member, visit }) => {
  await visit('/account');
  await field(page, 'Username').fill('a b');
  await field(page, 'Bio').fill('kept');
  await button(page, 'Save profile').click();
  await refused(page, field(page, 'Username'), 'username', 'Use only the letters a to z, numbers, dots, dashes and underscores.');
  await expect(field(page, 'Bio')).toHaveValue('kept');
  await visit('/account');
  await expect(field(page, 'Bio'), member.email).toHaveValue('');
});

test('a wrong current password stands beside its field @plain', async ({ page, member, visit }) => {
  await visit('/account/security');
  await fillPasswordChange(page, 'not-the-password-1', `${member.password}-new`);
  await button(page, 'Change password').click();
  await refused(page, field(page, 'Current password'), 'current_password', 'That is not your current password.');
  await notEchoed(page, 'not-the-password-1');
  await notEchoed(page, `${member.password}-new`);
});

test('the new password must differ @plain', async ({ page, member, visit }) => {
  await visit('/account/security');
  await fillPasswordChange(page, member.password, member.password);
  await button(page, 'Change password').click();
  const text = "Choose a password that's different from your current one.";
  await refused(page, field(page, 'New password'), 'new_password', text);
});

test('a notice is shown once: a reload does not repeat it @plain', async ({ page, person, visit }) => {
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await visit('/login');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText(words.wrongPassword)).toHaveCount(0);
});

test('reloading after a refused post sends nothing again @plain', async ({ page, person, visit }) => {
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toBeVisible();
  const posts: string[] = [];
  // A passkey's challenge is asked for whenever the page is shown.
  const sent = (url: string) => !url.endsWith('/fn/passkey/options');
  page.on('request', request => request.method() === 'POST' && sent(request.url()) && posts.push(request.url()));
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(posts).toEqual([]);
});

test.describe('with the program running', () => {
  test.beforeEach(({ state }) => test.skip(state !== 'wasm'));

  test('the focus moves to the first refused field', async ({ page, visit }) => {
    await visit('/register');
    await field(page, 'Password').fill('short');
    await button(page, 'Create account').click();
    await expect(fieldError(page, 'email')).toBeVisible();
    await expect(field(page, 'Email')).toBeFocused();
  });

  test('the focus moves to the notice where no field is refused', async ({ page, person, visit }) => {
    await visit('/login');
    await fillSignIn(page, person);
    await button(page, 'Sign in').click();
    await expect(page.getByRole('alert')).toBeFocused();
  });

  test('fields are checked while typing, once they were left', async ({ page, visit }) => {
    const posts: string[] = [];
    page.on('request', request => request.method() === 'POST' && posts.push(request.url()));
    await visit('/register');
    await field(page, 'Email').pressSequentially('ana');
    await expect(fieldError(page, 'email')).toHaveCount(0);
    await field(page, 'Email').press('Tab');
    await expect(fieldError(page, 'email')).toHaveText('Enter an email address like name@example.com.');
    await field(page, 'Email').pressSequentially('@example.com');
    await expect(fieldError(page, 'email')).toHaveCount(0);
    expect(posts).toEqual([]);
  });

  test('the password can be shown and hidden', async ({ page, visit }) => {
    await visit('/register');
    await field(page, 'Password').fill('kettle');
    await button(page, 'Show password').click();
    await expect(field(page, 'Password')).toHaveAttribute('type', 'text');
    await field(page, 'Password').press('End');
    await page.keyboard.type('-orbit');
    await expect(field(page, 'Password')).toHaveAttribute('type', 'text');
    await button(page, 'Hide password').click();
    await expect(field(page, 'Password')).toHaveAttribute('type', 'password');
    await expect(field(page, 'Password')).toHaveValue('kettle-orbit');
  });
});

test('a sign-in whose cookie does not come back says so instead of looping @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  // A browser that refuses cookies: the answer arrives without one.
  await page.route('**/fn/login', async route => {
    const response = await route.fetch({ maxRedirects: 0 });
    await context.clearCookies();
    const { 'set-cookie': _, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await visit('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('main')).toContainText(/cookie/i);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in to Doorstep');
});

import { button, field, fillPasswordChange, fillSignIn, fillSignUp, signOut, words } from '../../fixtures/forms';
import { expect, register, test } from '../../fixtures/test';

test('a person signs up, edits the profile, changes the password, signs out and in again @plain', async ({
  page,
  person,
  state,
  visit,
}) => {
  let documents = 0;
  page.on('request', request => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) documents += 1;
  });

  await visit('/');
  await page.getByRole('main').getByRole('link', { name: 'Create account' }).click();
  await expect(page).toHaveURL('/register');
  await fillSignUp(page, person);
  await button(page, 'Create account').click();

  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Your profile' })).toBeVisible();
  await expect(page.getByRole('definition').getByText(person.email)).toBeVisible();
  await expect(field(page, 'Name')).toHaveValue(person.name);
  await field(page, 'First name').fill('Ana');
  await field(page, 'Bio').fill('Two lines,\nno more.');
  await button(page, 'Save profile').click();
  await expect(page.getByRole('status').filter({ hasText: words.saved })).toBeVisible();
  await expect(field(page, 'First name')).toHaveValue('Ana');
  await expect(field(page, 'Bio')).toHaveValue('Two lines,\nno more.');

  await page.getByRole('link', { name: 'Security' }).click();
  await expect(page).toHaveURL('/account/security');
  const next = `${person.password}-new`;
  await fillPasswordChange(page, person.password, next);
  await button(page, 'Change password').click();
  await expect(page.getByRole('status').filter({ hasText: words.changed })).toBeVisible();

  await signOut(page);
  await expect(button(page, 'Sign out')).toHaveCount(0);

  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/login');
  await fillSignIn(page, { email: person.email, password: next });
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  await expect(field(page, 'First name')).toHaveValue('Ana');

  // The front page, and the form of a sign-up, which brings its nonce.
  if (state === 'wasm') expect(documents, 'documents loaded').toBe(2);
});

test('every page has its title and one heading @plain', async ({ page, visit, context, person, baseURL }) => {
  await shows('/', 'Welcome to Doorstep', 'Doorstep');
  await shows('/register', 'Create your Doorstep account', 'Create account · Doorstep');
  await shows('/login', 'Sign in to Doorstep', 'Sign in · Doorstep');
  await shows('/forgot', 'Reset your Doorstep password', 'Reset your password · Doorstep');
  await shows('/reset', 'Choose a new Doorstep password', 'Choose a new password · Doorstep');
  await shows('/verify', 'Confirm your email for Doorstep', 'Confirm your email · Doorstep');
  await shows('/nowhere', 'Page not found', 'Page not found · Doorstep');
  await register(context, person, baseURL!);
  await shows('/account', 'Your profile', 'Your profile · Doorstep');
  await shows('/account/security', 'Security', 'Security · Doorstep');
  await shows('/account/activity', 'Activity', 'Activity · Doorstep');

  async function shows(path: string, heading: string, title: string): Promise<void> {
    await visit(path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expect(page).toHaveTitle(title);
    await expect(page.locator('html')).toHaveAttribute('lang', /./);
    await expect(page.getByRole('main')).toHaveCount(1);
  }
});

test('a name is shown in the header, and an address where there is none @plain', async ({ page, member, visit }) => {
  await visit('/account');
  await expect(page.getByRole('banner')).toContainText(member.name);
  await field(page, 'Name').fill('');
  await button(page, 'Save profile').click();
  await expect(page.getByRole('status').filter({ hasText: words.saved })).toBeVisible();
  await expect(page.getByRole('banner')).toContainText(member.email);
});

test('signing in works with a username and with "Keep me signed in" @plain', async ({ page, member, visit, context }) => {
  await visit('/account');
  const username = `ana.${member.email.slice(4, 12)}`;
  await field(page, 'Username').fill(username);
  await button(page, 'Save profile').click();
  await expect(page.getByRole('status').filter({ hasText: words.saved })).toBeVisible();
  await signOut(page);

  await visit('/login');
  await fillSignIn(page, { email: username, password: member.password });
  await page.getByRole('checkbox', { name: 'Keep me signed in' }).check();
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  const cookie = (await context.cookies()).find(({ name }) => name === 'session-token');
  const week = 7 * 24 * 3600;
  expect(cookie!.expires - Date.now() / 1000).toBeGreaterThan(week - 3600);
});

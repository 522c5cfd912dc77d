import { button, field, fieldError, fillPasswordChange, fillSignIn, fillSignUp, signOut, withNext, words } from '../../fixtures/forms';
import { broken, meddle } from '../../fixtures/broken';
import { expect, hydrated, test } from '../../fixtures/test';

// What only Firefox does, or does in a way of its own; it goes through journeys/journey.spec.ts as well.

test('a page that was scrolled comes alive after a reload and after Back', async ({ page, member }) => {
  await page.setViewportSize({ width: 800, height: 320 });
  for (const path of ['/account', '/account/security']) {
    await page.goto(path);
    await hydrated(page);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await expect.poll(() => page.evaluate(() => scrollY), member.email).toBeGreaterThan(0);
    await page.reload();
    await hydrated(page);
    await page.goto('/nowhere');
    await hydrated(page);
    await page.goBack();
    await hydrated(page);
  }
});

test('refusals stand beside their fields', async ({ page, visit, person }) => {
  await visit('/register');
  await fillSignUp(page, { ...person, password: 'password123' });
  await button(page, 'Create account').click();
  await expect(fieldError(page, 'password')).toContainText('easy to guess');
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
});

test('a stranger is asked to sign in and then lands where they wanted', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/account/security');
  await expect(page).toHaveURL(withNext('/login', '/account/security'));
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account/security');
});

test('an address without a page leads home', async ({ page, visit }) => {
  await visit('/nowhere');
  await page.getByRole('main').getByRole('link').click();
  await expect(page).toHaveURL('/');
});

test.describe('with a translator in every page', () => {
  test.use({ clean: async ({}, use) => use() });

  test('the program gives up, and the profile is saved', async ({ page, member }) => {
    await meddle(page, 'a translator');
    await page.goto('/account');
    await broken(page);
    await field(page, 'Bio').fill('Kept.');
    await button(page, 'Save profile').click();
    await expect(page.getByText(words.saved), member.email).toBeVisible();
    await expect(field(page, 'Bio')).toHaveValue('Kept.');
  });
});

test.describe('without scripts', () => {
  test.use({ state: 'noscript', javaScriptEnabled: false });

  test('signing up, saving, a new password, signing out and in', async ({ page, person, visit }) => {
    await visit('/register');
    await fillSignUp(page, person);
    await button(page, 'Create account').click();
    await expect(page).toHaveURL('/account');
    await field(page, 'Bio').fill('Kept.');
    await button(page, 'Save profile').click();
    await expect(page.getByText(words.saved)).toBeVisible();
    await visit('/account/security');
    const next = `${person.password}-new`;
    await fillPasswordChange(page, person.password, next);
    await button(page, 'Change password').click();
    await expect(page.getByText(words.changed)).toBeVisible();
    await signOut(page);
    await visit('/login');
    await fillSignIn(page, { email: person.email, password: next });
    await button(page, 'Sign in').click();
    await expect(page).toHaveURL('/account');
    await expect(field(page, 'Bio')).toHaveValue('Kept.');
  });
});

// P35: a form acts only for the account, and the version, it was shown to. Two tabs share one browser's cookies.
import { askToSignOut, button, field, fillPasswordChange, fillSignIn, signOut, withNext, words } from '../../fixtures/forms';
import { expect, hold, hydrated, open, register, somebody, test, type Person, type State } from '../../fixtures/test';
import type { Browser, BrowserContext, Locator, Page } from '@playwright/test';

async function member(browser: Browser, origin: string): Promise<Person> {
  const person = somebody();
  const elsewhere = await browser.newContext();
  await register(elsewhere, person, origin);
  await elsewhere.close();
  return person;
}

/** In one tab somebody signs out and somebody else in, while what was typed in the others stands there. */
async function takeOver(page: Page, state: State, by: Person): Promise<void> {
  await open(page, '/account', state);
  await signOut(page);
  await open(page, '/login', state);
  await fillSignIn(page, by);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
}

/** What a form says as a whole: its page may have several. */
function said(page: Page, call: string): Locator {
  return page.locator(`form[action="${call}"]`).getByRole('alert');
}

async function another(context: BrowserContext, path: string, state: State): Promise<Page> {
  const tab = await context.newPage();
  await open(tab, path, state);
  return tab;
}

test('a profile that was shown to another account is not saved @plain', async ({ page, context, browser, member: ana, state, baseURL }) => {
  const bob = await member(browser, baseURL!);
  const tab = await another(context, '/account', state);
  await field(tab, 'Name').fill('Ana herself');
  await field(tab, 'Bio').fill('Not for Bob.');
  await takeOver(page, state, bob);

  await button(tab, 'Save profile').click();
  const alert = said(tab, '/fn/profile/save');
  await expect(alert).toContainText("You're now signed in as");
  await expect(alert).toContainText(bob.email);
  await expect(alert).not.toContainText(ana.email);
  await expect(field(tab, 'Bio')).toHaveValue('Not for Bob.');
  await expect(field(tab, 'Name')).toHaveValue('Ana herself');

  await open(page, '/account', state);
  await expect(field(page, 'Bio')).toHaveValue('');
  await expect(field(page, 'Name')).toHaveValue(bob.name);
});

test("a password form that was shown to another account changes nobody's password @plain", async ({
  page,
  context,
  browser,
  member: ana,
  state,
  baseURL,
}) => {
  const bob = await member(browser, baseURL!);
  const tab = await another(context, '/account/security', state);
  await fillPasswordChange(tab, bob.password, `${ana.password}-new`);
  await takeOver(page, state, bob);

  await button(tab, 'Change password').click();
  await expect(said(tab, '/fn/password/change')).toContainText(`(${bob.email}), so no password was changed`);
  await expect(field(tab, 'New password')).toHaveValue('');
  await takeOver(page, state, bob);
});

test('signing out in a tab of another account signs nobody out @plain', async ({ page, context, browser, member: ana, state, baseURL }) => {
  const bob = await member(browser, baseURL!);
  const tab = await another(context, '/account', state);
  await expect(tab.getByRole('main')).toContainText(ana.email);
  await field(tab, 'Bio').fill('Still typing.');
  await takeOver(page, state, bob);
  tab.on('dialog', dialog => dialog.accept());
  await askToSignOut(tab);
  await expect(tab.getByText(`(${bob.email}) and haven't been signed out`)).toBeVisible();
  await open(page, '/account', state);
  await expect(page).toHaveURL('/account');
});

test('an older profile overwrites nothing, and both texts are at hand @plain', async ({ page, context, member: ana, state }) => {
  const tab = await another(context, '/account', state);
  await field(tab, 'Bio').fill('The older text.');
  await open(page, '/account', state);
  await field(page, 'Bio').fill('The newer text.');
  await button(page, 'Save profile').click();
  await expect(page.getByText(words.saved)).toBeVisible();

  await button(tab, 'Save profile').click();
  await expect(said(tab, '/fn/profile/save')).toContainText('changed elsewhere');
  await expect(field(tab, 'Bio')).toHaveValue('The older text.');
  await expect(tab.getByText('Currently saved: The newer text.'), ana.email).toBeVisible();
  await open(page, '/account', state);
  await expect(field(page, 'Bio')).toHaveValue('The newer text.');

  await button(tab, 'Save profile').click();
  await expect(tab.getByText(words.saved)).toBeVisible();
  await open(page, '/account', state);
  await expect(field(page, 'Bio')).toHaveValue('The older text.');
});

test('one may save again and again, and change the password in between', async ({ page, member, visit }) => {
  await visit('/account');
  for (const text of ['One.', 'Two.']) {
    await field(page, 'Bio').fill(text);
    const answer = page.waitForResponse('**/fn/profile/save');
    await button(page, 'Save profile').click();
    expect((await answer).status()).toBe(200);
    await expect(page.getByText(words.saved)).toBeVisible();
  }
  await page.getByRole('link', { name: 'Security' }).click();
  for (const [old, next] of [[member.password, `${member.password}-new`], [`${member.password}-new`, member.password]]) {
    await fillPasswordChange(page, old!, next!);
    const answer = page.waitForResponse('**/fn/password/change');
    await button(page, 'Change password').click();
    expect((await answer).status()).toBe(200);
    await expect(page.getByText(words.changed)).toBeVisible();
  }
});

test('a form that was filled before the program came is of the account it was shown to', async ({ page, context, browser, member: ana, baseURL }) => {
  const bob = await member(browser, baseURL!);
  const tab = await context.newPage();
  const wasm = await hold(tab, '**/*.wasm');
  await tab.goto('/account');
  await field(tab, 'Bio').fill(`Typed early by ${ana.name}.`);
  await takeOver(page, 'wasm', bob);
  wasm.release();
  await hydrated(tab);
  await button(tab, 'Save profile').click();
  await expect(said(tab, '/fn/profile/save')).toContainText(`(${bob.email}), so nothing was saved`);
  await expect(field(tab, 'Bio')).toHaveValue(`Typed early by ${ana.name}.`);
});

test('what is saved without any cookie comes back to the same person alone @plain', async ({ page, context, browser, member: ana, state, visit, baseURL }) => {
  const bob = await member(browser, baseURL!);
  for (const [person, text] of [[bob, ''], [ana, 'Not saved, not lost.']] as const) {
    await context.clearCookies();
    await visit('/login');
    await fillSignIn(page, ana);
    await button(page, 'Sign in').click();
    await expect(page).toHaveURL('/account');
    if (state === 'wasm') await hydrated(page);
    await field(page, 'Bio').fill('Not saved, not lost.');
    await context.clearCookies();
    await button(page, 'Save profile').click();
    await expect(page).toHaveURL(withNext('/login', '/account'));
    await expect(page.getByText('You were signed out before your changes were saved.')).toBeVisible();
    await fillSignIn(page, person);
    await button(page, 'Sign in').click();
    await expect(page).toHaveURL('/account');
    await expect(field(page, 'Bio')).toHaveValue(text);
  }
});

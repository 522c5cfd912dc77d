// Passkeys, with Chromium's virtual authenticator.
import { accessible } from '../../fixtures/axe';
import { arrives, button, field, fillSignIn, firstStep, signOutFully, withNext } from '../../fixtures/forms';
import { overflow } from '../../fixtures/overflow';
import { Authenticator, offersNone } from '../../fixtures/passkeys';
import { expect, register, somebody, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

const added = "Your passkey was added, and you've been signed out everywhere else.";
const notUsed = /^The passkey was not used: it was cancelled, took too long, or your device could not check that it's you\./;
const signIn = (page: Page) => button(page, 'Sign in with a passkey');

/** Adds a passkey to the account that is signed in; answers the recovery codes that come with the first. */
async function add(page: Page, name = ''): Promise<string[]> {
  await page.goto('/account/factors');
  const form = page.locator('form[data-passkey=add]');
  if (name) await form.getByRole('textbox', { name: 'Name' }).fill(name);
  await button(page, 'Add a passkey').click();
  await expect(page.getByText(added)).toBeVisible();
  return page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem').allInnerTexts();
}

test('a passkey is added, signs in from the field of the name, is renamed and removed @blocked @chromium', async ({ page, member, visit, state }) => {
  const authenticator = await Authenticator.of(page);
  await visit('/account/security');
  await page.getByRole('link', { name: 'Manage passkeys and two-step sign-in' }).click();
  await expect(page.getByText('You have no passkey yet.')).toBeVisible();
  const codes = await add(page, 'My laptop');
  expect(codes.length, 'they come with the first second factor').toBe(10);
  expect(await authenticator.count()).toBe(1);
  const row = page.getByRole('listitem').filter({ hasText: 'My laptop' });
  await expect(row).toContainText('not used yet');
  await signOutFully(page, state);

  // The authenticator answers at once what the field offers.
  await page.goto('/login?next=/account/factors');
  await expect(page).toHaveURL('/account/factors');
  await expect(row).toContainText('last used');

  await row.getByText('Change').click();
  await row.getByRole('textbox', { name: 'Name' }).fill('Desk');
  await button(page, 'Rename: My laptop').click();
  await expect(page.getByText('Your passkey has its new name.')).toBeVisible();
  const renamed = page.getByRole('listitem').filter({ hasText: 'Desk' });
  await renamed.getByText('Change').click();
  await button(page, 'Remove: Desk').click();
  await expect(page.getByText('The passkey was removed.')).toBeVisible();
  await expect(page.getByText('You have no passkey yet.')).toBeVisible();
  await expect(page.getByText('Two-step sign-in is off.')).toBeVisible();
  await signOutFully(page, state);

  await offersNone(page);
  await visit('/login');
  await signIn(page).click();
  await expect(page.getByText('This passkey was not accepted.'), 'the authenticator still has it').toBeVisible();
  await expect(page).toHaveURL('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

test('the button signs in and leads on, and keeps somebody signed in who wants it @blocked @chromium', async ({ page, context, member, visit, state }) => {
  await Authenticator.of(page);
  await add(page);
  await signOutFully(page, state);
  await offersNone(page);
  await visit('/login?next=/account/security');
  await page.getByLabel('Keep me signed in').check();
  await signIn(page).click();
  await arrives(page, state, '/account/security');
  const kept = (await context.cookies()).find(({ name }) => name === 'session-token');
  expect(kept!.expires, member.email).toBeGreaterThan(Date.now() / 1000);
});

test('who cannot be verified is told so, and nothing is signed in or added @blocked @chromium', async ({ page, member, visit, state }) => {
  const authenticator = await Authenticator.of(page);
  await authenticator.verifies(false);
  await page.goto('/account/factors');
  await button(page, 'Add a passkey').click();
  await expect(page.getByText(notUsed)).toBeVisible();
  expect(await authenticator.count()).toBe(0);
  await authenticator.verifies(true);
  await add(page);
  await authenticator.verifies(false);
  await signOutFully(page, state);
  await visit('/login');
  await signIn(page).click();
  await expect(page.getByText(notUsed)).toBeVisible();
  await page.goto('/account');
  await expect(page).toHaveURL(withNext('/login', '/account'));

  await firstStep(page, visit, member);
  await button(page, 'Use your passkey').click();
  await expect(page.getByText(notUsed)).toBeVisible();
  await authenticator.verifies(true);
  await button(page, 'Use your passkey').click();
  await arrives(page, state, '/account');
});

test('a device has one passkey of an account @blocked @chromium', async ({ page, member }) => {
  const authenticator = await Authenticator.of(page);
  await add(page);
  await button(page, 'Add a passkey').click();
  await expect(page.getByText('This device has a passkey for your account already.')).toBeVisible();
  expect(await authenticator.count(), member.email).toBe(1);
});

test('two accounts have their passkeys on one device @blocked @chromium', async ({ page, context, member, visit, state, baseURL }) => {
  const authenticator = await Authenticator.of(page);
  await add(page);
  await signOutFully(page, state);
  const ben = { ...somebody(), name: 'Ben Okafor' };
  await register(context, ben, baseURL!);
  await add(page);
  expect(await authenticator.count()).toBe(2);
  await signOutFully(page, state);
  await offersNone(page);
  for (const person of [member, ben, member]) {
    await firstStep(page, visit, person);
    await button(page, 'Use your passkey').click();
    await arrives(page, state, '/account');
    await expect(field(page, 'Name')).toHaveValue(person.name);
    await signOutFully(page, state);
  }
  await visit('/login');
  await signIn(page).click();
  await arrives(page, state, '/account');
});

test('a passkey that its owner deleted on the device leaves the other ways in @blocked @chromium', async ({ page, member, visit, state }) => {
  const authenticator = await Authenticator.of(page);
  const codes = await add(page);
  await authenticator.clear();
  await signOutFully(page, state);
  await visit('/login');
  await signIn(page).click();
  await expect(page.getByText(notUsed)).toBeVisible();
  await firstStep(page, visit, member);
  await button(page, 'Use your passkey').click();
  await expect(page.getByText(notUsed)).toBeVisible();
  await page.getByRole('link', { name: 'Use a recovery code instead' }).click();
  await field(page, 'Recovery code').fill(codes[0]!);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

test('a passkey is the first choice of the second step, and shows again who somebody is @blocked @chromium', async ({ page, member, visit, state }) => {
  await Authenticator.of(page);
  await add(page);
  await signOutFully(page, state);
  await offersNone(page);
  await firstStep(page, visit, member);
  await expect(button(page, 'Use your passkey')).toBeFocused();
  await page.keyboard.press('Enter');
  await arrives(page, state, '/account');
  await page.goto('/confirm?next=/account/leave');
  await expect(field(page, 'Password'), 'the second factor shows more').toHaveCount(0);
  await button(page, 'Use your passkey').click();
  await arrives(page, state, '/account/leave');
});

test('the sign-in page offers passkeys also where the program shows it without a document @chromium', async ({ page, member, visit, state }) => {
  await Authenticator.of(page);
  await add(page);
  await signOutFully(page, state);
  await visit('/register');
  await page.evaluate(() => Object.assign(window, { same: true }));
  // Away and back again: each page has a button of its own.
  await offersNone(page);
  await page.getByRole('link', { name: 'Sign in' }).first().click();
  await expect(page).toHaveURL(url => ['/login', '/account'].includes(url.pathname));
  await arrives(page, state, '/account');
  expect(member.email).toBeTruthy();
});

test('what the field offers restores no account: that is pressed @blocked @chromium', async ({ page, member, state }) => {
  await Authenticator.of(page);
  await add(page);
  await signOutFully(page, state);
  await page.goto('/login?next=/account/leave');
  await expect(page).toHaveURL('/account/leave');
  // The first answer from the field tells that the account closes, and the page offers to restore it; the next comes there.
  await page.addInitScript(() => {
    const shown = Number(sessionStorage.getItem('shown')) + 1;
    sessionStorage.setItem('shown', String(shown));
    PublicKeyCredential.isConditionalMediationAvailable = async () => shown <= 2;
  });
  const answers: string[] = [];
  page.on('request', request => request.url().endsWith('/fn/login/passkey') && answers.push(request.postData() ?? ''));
  await button(page, 'Delete account').click();
  // The program shows the sign-in page in the document that it has, before the two.
  const answered = state === 'wasm' ? 3 : 2;
  await expect.poll(() => answers.length).toBe(answered);
  await expect(page.getByText('It can be restored for 14 days'), member.email).toBeVisible();
  expect(answers.filter(answer => answer.includes('restore'))).toEqual([]);
  await button(page, 'Restore account with a passkey').click();
  await expect(page).toHaveURL('/account');
  expect(answers[answered]).toContain('restore');
});

test('a challenge is asked for anew before it is too old @blocked @chromium', async ({ page, visit }) => {
  await page.clock.install();
  await Authenticator.of(page);
  const asked: string[] = [];
  page.on('request', request => request.url().endsWith('/fn/passkey/options') && asked.push(request.postData() ?? ''));
  await visit('/login');
  await expect.poll(() => asked.length).toBe(1);
  await page.clock.fastForward(200_000);
  expect(asked.length).toBe(1);
  await page.clock.fastForward(50_000);
  await expect.poll(() => asked.length).toBe(2);
  await page.clock.fastForward(250_000);
  await expect.poll(() => asked.length).toBe(3);
  expect(new Set(asked)).toEqual(new Set(['form%5Bpurpose%5D=sign_in']));
});

test('without scripts a sentence says what else can be done @blocked', async ({ browser, baseURL, extraHTTPHeaders }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL, extraHTTPHeaders });
  const page = await context.newPage();
  await page.goto('/login');
  await expect(page.getByText('Signing in with a passkey needs scripts')).toBeVisible();
  await expect(signIn(page)).toHaveCount(0);
  await register(context, somebody(), baseURL!);
  await page.goto('/account/factors');
  await expect(page.getByText('To add a passkey, use a browser that knows them')).toBeVisible();
  await expect(button(page, 'Add a passkey')).toHaveCount(0);
  await context.close();
});

test('a browser that knows no passkeys is offered none @blocked', async ({ page, member, visit, state }) => {
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'PublicKeyCredential'));
  await page.goto('/account/factors');
  await expect(page.getByText('To add a passkey, use a browser that knows them')).toBeVisible();
  await signOutFully(page, state);
  await visit('/login');
  await expect(signIn(page)).toHaveCount(0);
  await expect(page.getByText('Signing in with a passkey needs scripts')).toBeHidden();
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

for (const width of [320, 768, 1600]) {
  test(`axe finds nothing, and nothing sticks out (${width} px) @blocked @chromium`, async ({ page, member, visit, state }) => {
    await page.setViewportSize({ width, height: 900 });
    const fits = async (state: string) => {
      await accessible(page, state);
      expect(await overflow(page), state).toEqual([]);
      await expect(page.locator('[style], style'), state).toHaveCount(0);
    };
    const authenticator = await Authenticator.of(page);
    await add(page, `${'A long name '.repeat(5)}.`);
    await fits('codes');
    await page.getByRole('group').getByText('Change').click();
    await fits('changing');
    await button(page, 'Add a passkey').click();
    await expect(page.getByText('This device has a passkey')).toBeVisible();
    await fits('refused');
    await page.goto('/confirm');
    await fits('confirm');
    await authenticator.verifies(false);
    await signOutFully(page, state);
    await visit('/login');
    await signIn(page).click();
    await expect(page.getByText(notUsed)).toBeVisible();
    await fits('sign-in');
    await firstStep(page, visit, member);
    await fits('second step');
    await button(page, 'Use your passkey').click();
    await expect(page.getByText(notUsed)).toBeVisible();
    await fits('second step, refused');
  });
}

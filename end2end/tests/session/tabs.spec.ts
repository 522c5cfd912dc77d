// A3: what one tab does to the session, the others show.
import { button, field, fillPasswordChange, fillSignIn, menu, signOut, withNext, words } from '../../fixtures/forms';
import { expect, open, test } from '../../fixtures/test';

test('after signing out the other tabs show nothing of the person @blocked', async ({ page, context, member, visit, state }) => {
  const [home, profile] = [await context.newPage(), await context.newPage()];
  await open(home, '/', state);
  await open(profile, '/account', state);
  await expect(menu(home)).toContainText(member.name);
  await visit('/account');
  await signOut(page);
  await expect(profile).toHaveURL(withNext('/login', '/account'));
  await expect(home.getByRole('link', { name: 'Sign in' })).toBeVisible();
  for (const tab of [home, profile]) await expect(tab.getByText(member.name)).toHaveCount(0);
});

test('after signing in the other tabs know it @blocked', async ({ page, context, member, visit, state }) => {
  await context.clearCookies();
  const home = await context.newPage();
  await open(home, '/', state);
  await expect(home.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await visit('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  await expect(menu(home)).toContainText(member.name);
  await expect(home.getByRole('link', { name: 'Sign in' })).toHaveCount(0);
});

test('a new name is in the header of the other tabs @blocked', async ({ page, context, member, visit, state }) => {
  const other = await context.newPage();
  await open(other, '/account/security', state);
  await expect(menu(other)).toContainText(member.name);
  await visit('/account');
  await field(page, 'Name').fill('Ana the Second');
  await button(page, 'Save profile').click();
  await expect(menu(other)).toContainText('Ana the Second');
});

test('what was typed in another tab stays, and it says who is signed in now @blocked', async ({ page, context, member, visit, state }) => {
  const other = await context.newPage();
  await open(other, '/account', state);
  await field(other, 'Bio').fill(`Typed by ${member.name}.`);
  const secret = await context.newPage();
  await open(secret, '/account/security', state);
  await field(secret, 'Current password').fill('half typed');
  await visit('/account');
  await field(page, 'Name').fill('Ana the Second');
  await button(page, 'Save profile').click();
  for (const tab of [other, secret]) {
    await expect(tab.locator('#session-notice')).toContainText("You're now signed in as \u2068Ana the Second\u2069.");
  }
  await visit('/account');
  await signOut(page);
  for (const tab of [other, secret]) await expect(tab.locator('#session-notice')).toContainText("You've been signed out.");
  await expect(field(other, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
  await expect(field(secret, 'Current password')).toHaveValue('half typed');
});

test('the notice goes once it is not true any more @blocked', async ({ page, context, member, visit }) => {
  await visit('/account');
  await field(page, 'Bio').fill(`Typed by ${member.name}.`);
  const notice = page.locator('#session-notice');
  const cookies = await context.cookies();
  await context.clearCookies();
  const look = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await look();
  await expect(notice).toContainText('signed out');
  await notice.evaluate(place => {
    new MutationObserver(changes => {
      for (const { addedNodes } of changes) place.dataset.announced = `${Number(place.dataset.announced ?? 0) + addedNodes.length}`;
    }).observe(place, { childList: true });
  });
  const asked = page.waitForResponse('**/whoami');
  await look();
  await (await asked).finished();
  await context.addCookies(cookies);
  await look();
  await expect(notice).toBeEmpty();
  expect(await notice.getAttribute('data-announced'), 'the same words are not read out twice').toBe('0');
  await expect(field(page, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
});

test('what was saved is not said to be unsaved', async ({ page, context, member, visit, state }) => {
  await visit('/account/security');
  await fillPasswordChange(page, member.password, `${member.password}-new`);
  const other = await context.newPage();
  await open(other, '/account', state);
  await field(other, 'Name').fill('Ana the Second');
  await button(other, 'Save profile').click();
  const notice = page.locator('#session-notice');
  await expect(notice).toContainText('signed in as');
  await button(page, 'Change password').click();
  await expect(page.getByText(words.changed)).toBeVisible();
  await expect(notice).toBeEmpty();
  await expect(field(page, 'New password')).toHaveValue('');
});

test('a tab that comes to the front looks by itself', async ({ page, context, member, visit }) => {
  await visit('/account');
  await expect(menu(page)).toContainText(member.name);
  await context.clearCookies();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page).toHaveURL(withNext('/login', '/account'));
});

test('what tabs tell each other names nobody', async ({ page, context, member, visit }) => {
  const ear = await context.newPage();
  await ear.goto('/livez');
  await ear.evaluate(() => {
    const heard: unknown[] = [];
    Object.assign(globalThis, { heard });
    new BroadcastChannel('session').addEventListener('message', ({ data }) => heard.push(data));
  });
  await visit('/account');
  await field(page, 'Name').fill(`${member.name} II`);
  await button(page, 'Save profile').click();
  await signOut(page);
  await expect.poll(() => ear.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard.length)).toBeGreaterThan(2);
  const heard = await ear.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
  expect(new Set(heard)).toEqual(new Set(['']));
});

import { button, fillSignIn, withNext } from '../../fixtures/forms';
import { expect, hydrated, test } from '../../fixtures/test';
import type { Browser, Locator, Page } from '@playwright/test';
import type { Person } from '../../fixtures/test';

const PHONE = 'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36';

/** Another device of the member's, signed in. */
async function signedIn(browser: Browser, member: Person, userAgent?: string): Promise<Page> {
  const context = await browser.newContext({ ...(userAgent && { userAgent }) });
  const page = await context.newPage();
  await page.goto('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  return page;
}

function row(page: Page, card: string, name: string): Locator {
  return page.getByRole('region', { name: card }).getByRole('listitem').filter({ hasText: name });
}

test('a session is ended from another device, and only that one @plain', async ({ page, browser, member, visit }) => {
  const phone = await signedIn(browser, member, PHONE);
  const tablet = await signedIn(browser, member);
  await visit('/account/security');
  const sessions = page.getByRole('region', { name: "Where you're signed in" });
  await expect(sessions.getByRole('listitem')).toHaveCount(3);
  await expect(sessions.getByRole('listitem').filter({ hasText: 'This device' })).toHaveCount(1);
  await expect(sessions.locator('time').first()).toHaveAttribute('title', / UTC$/);
  await expect(row(page, "Where you're signed in", 'Chrome on Android')).toHaveCount(1);

  await button(page, 'Sign out: Chrome on Android').click();
  await expect(page.getByText('Signed out there.')).toBeVisible();
  await expect(page.getByText('Signed out there.')).toBeInViewport();
  await expect(button(page, 'Sign out: Chrome on Android')).toHaveCount(0);
  await phone.goto('/account');
  await expect(phone).toHaveURL(withNext('/login', '/account'));
  await tablet.goto('/account');
  await expect(tablet).toHaveURL('/account');

  await button(page, 'Sign out everywhere else').click();
  await expect(page.getByText('Signed out everywhere else.')).toBeVisible();
  await tablet.goto('/account');
  await expect(tablet).toHaveURL(withNext('/login', '/account'));
  await visit('/account/security');
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await expect(button(page, 'Sign out everywhere else')).toHaveCount(0);

  await visit('/account/activity');
  const events = page.getByRole('main').getByRole('listitem');
  await expect(events.nth(0)).toContainText('Signed out everywhere else');
  await expect(events.nth(1)).toContainText('Session ended');
  for (const other of [phone, tablet]) await other.context().close();
});

test('programs stand apart from browsers @plain', async ({ page, baseURL, member, visit, playwright, extraHTTPHeaders }) => {
  const program = await playwright.request.newContext({ baseURL, userAgent: 'curl/8.5.0', extraHTTPHeaders });
  const answer = await program.post('/api/v1/auth/login', { data: { email: member.email, password: member.password } });
  expect(answer.status()).toBe(200);
  await visit('/account/security');
  await expect(page.getByRole('heading', { name: 'Programs' })).toBeVisible();
  await expect(row(page, "Where you're signed in", 'curl')).toContainText('This network');
  await button(page, 'Sign out: curl').click();
  await expect(button(page, 'Sign out: curl')).toHaveCount(0);
  const { access_token } = await answer.json();
  const dead = await program.get('/api/v1/users/me', { headers: { Authorization: `Bearer ${access_token}` } });
  expect(dead.status()).toBe(401);
  await program.dispose();
});

test('a known device is forgotten, and its session goes on @plain', async ({ page, browser, member, visit }) => {
  const phone = await signedIn(browser, member, PHONE);
  await visit('/account/security');
  await button(page, 'Forget: Chrome on Android').click();
  await expect(page.getByText('That device is forgotten.')).toBeVisible();
  await visit('/account/security');
  await expect(row(page, 'Known devices', 'Chrome on Android')).toHaveCount(0);
  await phone.goto('/account');
  await expect(phone).toHaveURL('/account');
  await phone.context().close();
});

test('older activity is another page, and Back leads to the newest again @plain', async ({ page, context, baseURL, member, visit }) => {
  await visit('/account');
  const hidden = (name: string) => page.locator(`form[action="/fn/profile/save"] input[name=${name}]`).inputValue();
  const account = await hidden('account');
  let version = await hidden('version');
  for (let turn = 0; turn < 50; turn += 1) {
    const form = { account, version, 'form[bio]': `${member.name} ${turn}` };
    const headers = { Origin: baseURL!, Accept: 'application/json' };
    const saved = await context.request.post(`${baseURL}/fn/profile/save`, { headers, form });
    ({ version } = await saved.json());
  }
  await visit('/account/activity');
  const events = page.getByRole('main').getByRole('listitem');
  await expect(events).toHaveCount(50);
  await page.getByRole('link', { name: 'Older' }).click();
  await expect(page).toHaveURL(/\/account\/activity\?cursor=/);
  await expect(events.filter({ hasText: 'Account created' })).toHaveCount(1);
  await expect(page.getByRole('link', { name: 'Older' })).toHaveCount(0);
  await page.goBack();
  await expect(events).toHaveCount(50);
  await page.goForward();
  await page.getByRole('link', { name: 'Newest' }).click();
  await expect(page).toHaveURL('/account/activity');
  await expect(events).toHaveCount(50);
});

test('the link in the header leads from an older page to the newest @blocked', async ({ page, member, visit, state }) => {
  await visit('/account/activity?cursor=none');
  await expect(page.getByText('This link is incomplete'), member.email).toBeVisible();
  await page.getByRole('banner').getByRole('link', { name: 'Activity' }).first().click();
  await expect(page).toHaveURL('/account/activity');
  if (state === 'wasm') await hydrated(page);
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: 'Signed in' })).toHaveCount(1);
});

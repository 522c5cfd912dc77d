import { accessible } from '../../fixtures/axe';
import { asAdmin } from '../../fixtures/admin';
import { root } from '../../fixtures/env';
import { button } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { overflow } from '../../fixtures/overflow';
import { expect } from '../../fixtures/test';
import type { Page } from '@playwright/test';
import { join } from 'node:path';

/** Every admin page among 100,000 people and 300,000 events: `npm run crowd`. */
const people = 100_000;

test.describe.configure({ mode: 'default', timeout: 600_000 });

test.beforeAll(({ own }) => {
  own.postgres.fill(join(root, 'bench/people.sql'), people);
  own.postgres.fill(join(root, 'end2end/fixtures/crowd.sql'), 120);
});

const rows = (page: Page) => page.locator('tbody').getByRole('rowheader').allInnerTexts();

/** Reads three pages on and back again; no row is shown twice. */
async function walk(page: Page, path: string): Promise<void> {
  await page.goto(path);
  const seen = [await rows(page)];
  for (let time = 0; time < 2; time += 1) {
    const before = page.url();
    await page.getByRole('link', { name: 'Next' }).click();
    await expect(page).not.toHaveURL(before);
    seen.push(await rows(page));
  }
  const all = seen.flat();
  expect(all.length, path).toBeGreaterThan(100);
  expect(new Set(all).size, path).toBe(all.length);
  for (const earlier of [seen[1]!, seen[0]!]) {
    await page.getByRole('link', { name: 'Previous' }).click();
    await expect.poll(() => rows(page), path).toEqual(earlier);
  }
  await expect(page.getByRole('link', { name: 'Previous' }), path).toHaveCount(0);
}

test('lists are read on and back in every order and with every filter', async ({ page, own }) => {
  await asAdmin(page, own.server);
  for (const sort of ['', 'created', 'name', '-name', 'email', '-email']) await walk(page, `/admin/users?sort=${sort}`);
  for (const filter of ['q=ana', 'role=user', 'is_active=true', 'email_verified=false', 'q=ana&email_verified=true&sort=name']) {
    await walk(page, `/admin/users?${filter}`);
  }
  await walk(page, '/admin/invitations');
});

test('a person among them is found while somebody types', async ({ page, own }) => {
  await asAdmin(page, own.server);
  await page.goto('/admin/users?sort=email&limit=1');
  const [email] = await rows(page);
  await page.goto('/admin/users');
  await page.getByRole('searchbox').pressSequentially(email!.slice(0, 12));
  await page.getByRole('link', { name: email!, exact: true }).click();
  await expect(page.getByRole('main')).toContainText(email!);
  await page.getByRole('link', { name: 'All events of this account' }).click();
  await expect(page).toHaveURL(url => url.pathname === '/admin/audit' && url.searchParams.has('whom'));
});

test('the trail is read page by page, and filtered', async ({ page, own }) => {
  await asAdmin(page, own.server);
  for (const filter of ['', 'kind=sign_in_failed', 'from=2020-01-01']) {
    await page.goto(`/admin/audit?${filter}`);
    const first = await page.locator('tbody time').evaluateAll(all => all.map(time => (time as HTMLTimeElement).dateTime));
    expect(first.length, filter).toBe(50);
    await page.getByRole('link', { name: 'Older' }).click();
    await expect(page).toHaveURL(url => url.searchParams.has('cursor'));
    const second = await page.locator('tbody time').evaluateAll(all => all.map(time => (time as HTMLTimeElement).dateTime));
    expect(second.length, filter).toBe(50);
    expect(first.at(-1)! >= second[0]!, `${filter}: newest first`).toBe(true);
  }
});

test('each page looks as it should', async ({ page, own }) => {
  await asAdmin(page, own.server);
  await page.goto('/admin/users?role=user');
  const account = await page.locator('tbody a').first().getAttribute('href');
  const paths = ['/admin', '/admin/users', '/admin/users?q=ana&sort=-name', account!, `${account}/delete`, '/admin/users/new', '/admin/invitations', '/admin/audit'];
  for (const width of [320, 1600]) {
    await page.setViewportSize({ width, height: 900 });
    for (const path of paths) {
      expect((await page.goto(path))!.status(), path).toBe(200);
      expect(await overflow(page), path).toEqual([]);
      await accessible(page, path);
    }
  }
});

test('an act among them is done', async ({ page, own }) => {
  await asAdmin(page, own.server);
  await page.goto('/admin/users?role=user&is_active=true&sort=email');
  await page.locator('tbody a').first().click();
  await page.getByRole('link', { name: 'Disable account' }).click();
  await page.getByLabel('Reason').fill('Too many letters');
  await button(page, 'Disable account').click();
  await expect(page.getByText('The account is disabled, and its sessions have ended.')).toBeVisible();
});

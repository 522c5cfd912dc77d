import { asAdmin } from '../../fixtures/admin';
import { button } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { expect, register, somebody } from '../../fixtures/test';
import type { Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';

const emails = (page: Page) => page.locator('tbody').getByRole('rowheader').allInnerTexts();

test('what is looked for survives pages in both directions, a reload and Back @plain', async ({ page, own, context, baseURL }) => {
  const mark = randomUUID().slice(0, 8);
  const people = ['a', 'b', 'c', 'd', 'e'].map(letter => ({ ...somebody(), email: `${letter}-${mark}@example.com` }));
  for (const person of people) {
    await register(context, person, baseURL!);
    await context.clearCookies();
  }
  const all = people.map(person => person.email);
  await asAdmin(page, own.server);
  await page.goto('/admin/users?limit=2');
  await page.getByRole('searchbox').fill(mark);
  await page.getByLabel('Role').selectOption('user');
  await page.getByLabel('Order').selectOption('email');
  await button(page, 'Show').click();
  const asked = (cursor: boolean) => (url: URL) =>
    url.searchParams.get('q') === mark &&
    url.searchParams.get('role') === 'user' &&
    url.searchParams.get('sort') === 'email' &&
    url.searchParams.has('cursor') === cursor;
  await expect(page).toHaveURL(asked(false));
  expect(await emails(page)).toEqual(all);

  // Two a page, as an address may ask for.
  await page.goto(`${page.url()}&limit=2`);
  await expect.poll(() => emails(page)).toEqual(all.slice(0, 2));
  await expect(page.getByRole('link', { name: 'Previous' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(asked(true));
  await expect.poll(() => emails(page)).toEqual(all.slice(2, 4));
  await page.getByRole('link', { name: 'Next' }).click();
  await expect.poll(() => emails(page)).toEqual(all.slice(4));
  await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0);
  await page.reload();
  await expect.poll(() => emails(page)).toEqual(all.slice(4));
  await page.getByRole('link', { name: 'Previous' }).click();
  await expect.poll(() => emails(page)).toEqual(all.slice(2, 4));
  await page.getByRole('link', { name: all[2]! }).click();
  await expect(page.getByRole('main')).toContainText(all[2]!);
  await page.goBack();
  await expect(page).toHaveURL(asked(true));
  await expect.poll(() => emails(page)).toEqual(all.slice(2, 4));
  await expect(page.getByRole('searchbox')).toHaveValue(mark);
  await expect(page.getByLabel('Role')).toHaveValue('user');
  await expect(page.getByLabel('Order')).toHaveValue('email');
  await page.getByRole('link', { name: 'Previous' }).click();
  await expect.poll(() => emails(page)).toEqual(all.slice(0, 2));
  await page.getByRole('link', { name: 'First page' }).click();
  await expect(page).toHaveURL(asked(false));
  await expect.poll(() => emails(page)).toEqual(all.slice(0, 2));
});

test('a broken address is not taken for one that asks for everybody @plain', async ({ page, own }) => {
  await asAdmin(page, own.server);
  for (const path of ['/admin/users?role=admin&role=user', '/admin/users?cursor=x', '/admin/audit?q=%FF', '/admin/invitations?cursor=x']) {
    await page.goto(path);
    await expect(page.getByText('This link is incomplete or outdated.'), path).toBeVisible();
    await expect(page.locator('tbody'), path).toHaveCount(0);
  }
});

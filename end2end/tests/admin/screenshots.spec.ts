import { asAdmin } from '../../fixtures/admin';
import { root } from '../../fixtures/env';
import { button, field } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { take } from '../../fixtures/pictures';
import { expect } from '../../fixtures/test';
import { join } from 'node:path';

/** Enough people that every list has a next page. */
const people = 2_000;

test('pictures of the pages of admins', async ({ page, own }) => {
  own.postgres.fill(join(root, 'bench/people.sql'), people);
  own.postgres.fill(join(root, 'end2end/fixtures/crowd.sql'), 8);
  await asAdmin(page, own.server);
  const lists = { admin: '/admin', 'admin-users': '/admin/users?limit=12', 'admin-users-none': '/admin/users?q=nobody-at-all', 'admin-audit': '/admin/audit?limit=12', 'admin-invitations': '/admin/invitations', 'admin-invite': '/admin/users/new' };
  for (const [name, path] of Object.entries(lists)) {
    await page.goto(path);
    await take(page, name);
  }
  await page.goto('/admin/users?limit=12&role=user');
  await page.getByRole('rowheader').getByRole('link').first().click();
  await expect(page).toHaveURL(/\/admin\/users\/[0-9a-f-]{36}$/);
  const account = page.url();
  await take(page, 'admin-user');
  await page.getByRole('link', { name: 'Disable account' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await take(page, 'admin-disable-dialog', [320, 1600]);
  await page.goto(`${account}/disable`);
  await field(page, 'Reason').fill('Sends invitations to people who did not ask for them');
  await take(page, 'admin-disable', [320, 1600]);
  await button(page, 'Disable account').click();
  await expect(page.getByText('The account is disabled, and its sessions have ended.')).toBeVisible();
  await take(page, 'admin-user-disabled', [320, 1600]);
});

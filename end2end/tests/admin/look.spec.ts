import { accessible } from '../../fixtures/axe';
import { asAdmin, find } from '../../fixtures/admin';
import { button, field } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { overflow } from '../../fixtures/overflow';
import { expect, register, somebody } from '../../fixtures/test';

const pages = ['/admin', '/admin/users', '/admin/users?q=nobody-at-all', '/admin/users/new', '/admin/invitations', '/admin/audit', '/admin/audit?who=nobody@example.com'];

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 768, 1600]) {
    test(`axe finds nothing, and nothing sticks out, on every page of admins (${colorScheme}, ${width} px)`, async ({ page, own, context, baseURL }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      const ana = somebody();
      await register(context, ana, baseURL!);
      await context.clearCookies();
      await asAdmin(page, own.server);
      await page.goto('/admin/users/new');
      await field(page, 'Email').fill(`${'long-'.repeat(12)}${somebody().email}`);
      await button(page, 'Invite').click();
      await find(page, ana);
      const account = new URL(page.url()).pathname;
      for (const path of [...pages, account, `${account}/disable`, `${account}/delete`, `${account}/make-reset`]) {
        await page.goto(path);
        expect(await overflow(page), path).toEqual([]);
        await accessible(page, path);
        await expect(page.locator('[style], style'), path).toHaveCount(0);
      }
    });
  }
}

test('a search is sent while somebody types, and stands in the address', async ({ page, own, context, baseURL }) => {
  const ana = somebody();
  await register(context, ana, baseURL!);
  await context.clearCookies();
  const admin = await asAdmin(page, own.server);
  await page.goto('/admin/users');
  await page.getByRole('searchbox').pressSequentially(ana.email.slice(0, 20));
  await expect(page).toHaveURL(url => url.searchParams.get('q') === ana.email.slice(0, 20));
  await expect(page.getByRole('link', { name: ana.email })).toBeVisible();
  await expect(page.getByRole('link', { name: admin.email })).toHaveCount(0);
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue(ana.email.slice(0, 20));
  await page.getByRole('link', { name: ana.email }).click();
  await page.goBack();
  await expect(page.getByRole('searchbox')).toHaveValue(ana.email.slice(0, 20));
});

test('the trail is filtered, and downloaded as what is shown', async ({ page, own }) => {
  const admin = await asAdmin(page, own.server);
  await page.goto('/admin/audit');
  await page.getByLabel('Whose account').fill(admin.email);
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Signed in' });
  await expect(page).toHaveURL(url => url.searchParams.get('kind') === 'signed_in' && url.searchParams.get('whom') === admin.email);
  await expect(page.getByRole('rowheader')).toHaveCount(1);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe('audit.csv');
});

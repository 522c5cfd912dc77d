import { accessible } from '../../fixtures/axe';
import { asAdmin, find } from '../../fixtures/admin';
import { button, field } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { overflow } from '../../fixtures/overflow';
import { expect, register, somebody, type Person } from '../../fixtures/test';
import type { Page } from '@playwright/test';

interface There {
  ana: Person;
  /** The page of ana's account. */
  account: string;
}

async function onTheAccount(page: Page, own: Parameters<typeof asAdmin>[1], origin: string): Promise<There> {
  const ana = somebody();
  await register(page.context(), ana, origin);
  await page.context().clearCookies();
  await asAdmin(page, own);
  await find(page, ana);
  return { ana, account: new URL(page.url()).pathname };
}

test('a dialog asks again, takes the focus and gives it back', async ({ page, own, baseURL }) => {
  const { ana, account } = await onTheAccount(page, own.server, baseURL!);
  const link = page.getByRole('link', { name: 'Disable account' });
  await link.click();
  const dialog = page.getByRole('dialog', { name: 'Disable this account?' });
  await expect(dialog).toContainText(ana.email);
  await expect(dialog.getByRole('heading'), 'it says once what it is about').toHaveCount(1);
  await expect(dialog.getByText('Disable account', { exact: true })).toHaveCount(1);
  await expect(dialog).toContainText('They are signed out everywhere at once');
  await expect(field(page, 'Reason')).toBeFocused();
  await page.keyboard.type('Spam');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(link).toBeFocused();
  await expect(page).toHaveURL(account);

  await page.keyboard.press('Enter');
  await expect(field(page, 'Reason'), 'what was typed is still there').toHaveValue('Spam');
  await dialog.getByRole('link', { name: 'Keep things as they are' }).click();
  await expect(link).toBeFocused();
  await link.click();
  await button(page, 'Disable account').click();
  await expect(page.getByText('The account is disabled, and its sessions have ended.')).toBeVisible();
  await expect(page).toHaveURL(account);

  await page.getByRole('link', { name: 'Delete account' }).click();
  await expect(page.getByRole('dialog').getByRole('link', { name: 'Keep things as they are' }), 'not the button that deletes').toBeFocused();
});

test('the focus stays in the dialog, and axe finds nothing', async ({ page, own, baseURL }) => {
  const { account } = await onTheAccount(page, own.server, baseURL!);
  for (const [width, act] of [[320, 'Disable account'], [1600, 'Delete account'], [768, 'Make admin'], [768, 'Make a reset link']] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(account);
    await page.getByRole('link', { name: act }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    for (let time = 0; time < 8; time += 1) {
      await page.keyboard.press('Tab');
      const outside = await page.evaluate(() => document.activeElement !== document.body && !document.activeElement!.closest('dialog'));
      expect(outside, act).toBe(false);
    }
    await accessible(page, `dialog: ${act}`);
    expect(await overflow(page), act).toEqual([]);
  }
});

test('where the dialog cannot be had, the page of the act asks', async ({ page, own, baseURL }) => {
  const { ana, account } = await onTheAccount(page, own.server, baseURL!);
  await page.route(`**${account}/promote`, route => (route.request().resourceType() === 'fetch' ? route.abort() : route.continue()));
  await page.getByRole('link', { name: 'Make admin' }).click();
  await expect(page).toHaveURL(`${account}/promote`);
  await expect(page.getByRole('main')).toContainText(ana.email);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

import { button, field, menu, signOut } from '../../fixtures/forms';
import { expect, register, somebody, test } from '../../fixtures/test';
import AxeBuilder from '@axe-core/playwright';

const LONG = 'Maximiliane Wolfeschlegelsteinhausenbergerdorff';

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 } });

  test('the menu holds the places and the way out @plain', async ({ page, member, visit }) => {
    await visit('/account');
    await expect(button(page, 'Sign out'), member.email).toBeHidden();
    await expect(menu(page)).toContainText('AI');
    await expect(menu(page)).toHaveAccessibleName(`Account menu for ${member.name}`);
    await menu(page).click();
    await expect(page.getByRole('banner').getByText(member.email)).toBeVisible();
    await page.getByRole('banner').getByRole('link', { name: 'Security' }).click();
    await expect(page).toHaveURL('/account/security');
    await expect(button(page, 'Sign out')).toBeHidden();
    await signOut(page);
  });

  test('a long name covers nothing @plain', async ({ page, context, baseURL, visit }) => {
    await register(context, { ...somebody(), name: LONG }, baseURL!);
    await visit('/account');
    const brand = (await page.locator('.brand').boundingBox())!;
    const summary = (await menu(page).boundingBox())!;
    expect(brand.x + brand.width).toBeLessThanOrEqual(summary.x);
    expect(summary.x + summary.width).toBeLessThanOrEqual(320);
    expect(Math.min(summary.width, summary.height)).toBeGreaterThanOrEqual(44);
    await menu(page).click();
    const panel = (await page.locator('.menu-panel').boundingBox())!;
    expect(panel.x).toBeGreaterThanOrEqual(0);
    expect(panel.x + panel.width).toBeLessThanOrEqual(320);
  });
});

test('text of twice the size still fits the header', async ({ page, context, baseURL, visit }) => {
  await register(context, { ...somebody(), name: LONG }, baseURL!);
  for (const width of [320, 768, 1600]) {
    await page.setViewportSize({ width, height: 640 });
    await visit('/account');
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('html { font-size: 200% }');
      document.adoptedStyleSheets = [sheet];
    });
    await menu(page).click();
    const [brand, summary, panel] = [
      (await page.locator('.brand').boundingBox())!,
      (await menu(page).boundingBox())!,
      (await page.locator('.menu-panel').boundingBox())!,
    ];
    expect(brand.x + brand.width, `${width}`).toBeLessThanOrEqual(summary.x);
    expect(summary.x + summary.width, `${width}`).toBeLessThanOrEqual(width);
    expect(panel.x, `${width}`).toBeGreaterThanOrEqual(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width}`).toBeLessThanOrEqual(width);
  }
});

test('the menu closes on Escape, outside, and when the focus leaves @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  const out = button(page, 'Sign out');
  await menu(page).focus();
  await page.keyboard.press('Enter');
  await expect(out, member.email).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(out).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(out).toBeHidden();
  await expect(menu(page)).toBeFocused();

  await menu(page).click();
  await expect(out).toBeVisible();
  await page.getByRole('heading', { level: 1 }).click();
  await expect(out).toBeHidden();

  await menu(page).click();
  await expect(out).toBeVisible();
  await field(page, 'Name').focus();
  await expect(out).toBeHidden();
});

test('axe: the open menu @blocked', async ({ page, member, visit }) => {
  for (const [width, colorScheme] of [[320, 'light'], [1600, 'dark']] as const) {
    await page.setViewportSize({ width, height: 640 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await visit('/account');
    await menu(page).click();
    await expect(button(page, 'Sign out'), member.email).toBeVisible();
    const builder = new AxeBuilder({ page }).options({ rules: { 'color-contrast-enhanced': { enabled: true } } });
    const { violations } = await builder.analyze();
    expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
  }
});

const people = { 'محمد علي': 'م', '山田 太郎': '山', '👩🏽‍🚀 Ana': '👩🏽‍🚀', 'Éva Ørsted': 'ÉØ', '': 'a' };

test('names of every script run their own way, and have their initials @plain', async ({ page, context, baseURL, visit }) => {
  for (const [name, initials] of Object.entries(people)) {
    await context.clearCookies();
    const person = { ...somebody(), name };
    await register(context, person, baseURL!);
    await visit('/account');
    await expect(page.locator('.avatar'), 'in the header and in the profile').toHaveText([initials, initials]);
    await expect(page.locator('.user-name')).toHaveAttribute('dir', 'auto');
    for (const label of ['Name', 'First name', 'Bio']) await expect(field(page, label)).toHaveAttribute('dir', 'auto');
    const shown = await page.locator('.user-name').evaluate(element => getComputedStyle(element).direction);
    expect(shown, name).toBe(name === 'محمد علي' ? 'rtl' : 'ltr');
  }
});

import { accessible } from '../../fixtures/axe';
import { arrives, button, field, fieldError, fillSignIn, firstStep, signOutFully, withNext } from '../../fixtures/forms';
import { overflow } from '../../fixtures/overflow';
import { expect, test } from '../../fixtures/test';
import { enterCode } from '../../fixtures/totp';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';

const on = "Two-step sign-in is on, and you've been signed out everywhere else.";

/** Begins to set an app up; answers its key. */
async function begin(page: Page): Promise<string> {
  await page.goto('/account/factors');
  await button(page, 'Set up an authenticator app').click();
  await expect(page.getByRole('img', { name: 'QR code with the key for your authenticator app' })).toBeVisible();
  return page.locator('.key').innerText();
}

/** Turns two-step sign-in on; answers the app's key and the recovery codes. */
async function enrol(page: Page): Promise<{ secret: string; codes: string[] }> {
  const secret = await begin(page);
  await enterCode(page, secret, 1, button(page, 'Turn on two-step sign-in'), page.getByText(on));
  const codes = await page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem').allInnerTexts();
  expect(codes.length).toBe(10);
  return { secret, codes };
}

test('two-step sign-in is turned on, used, and turned off @plain', async ({ page, member, visit, state }) => {
  await visit('/account/security');
  await page.getByRole('link', { name: 'Manage passkeys and two-step sign-in' }).click();
  await expect(page).toHaveURL('/account/factors');
  await expect(page.getByText('Two-step sign-in is off.')).toBeVisible();
  const secret = await begin(page);
  await field(page, 'Code from your app').fill('12 34');
  await button(page, 'Turn on two-step sign-in').click();
  await expect(fieldError(page, 'code')).toBeVisible();
  expect(await page.locator('.key').innerText(), 'it is still the same').toBe(secret);
  await enterCode(page, secret, 1, button(page, 'Turn on two-step sign-in'), page.getByText(on));
  const shown = page.getByRole('list', { name: 'Your recovery codes' });
  const codes = await shown.getByRole('listitem').allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  await page.reload();
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();
  await expect(shown, 'they were shown once').toHaveCount(0);
  await signOutFully(page, state);

  await firstStep(page, visit, member, '/account/security');
  await enterCode(page, secret, 0, button(page, 'Sign in'), page.getByRole('heading', { level: 1, name: 'Security' }));
  await arrives(page, state, '/account/security');
  await signOutFully(page, state);

  await firstStep(page, visit, member);
  await page.getByRole('link', { name: 'Use a recovery code instead' }).click();
  await field(page, 'Recovery code').fill(codes[3]!.toLowerCase().replaceAll('-', ' '));
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
  await page.goto('/account/factors');
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible();

  await button(page, 'Turn it off').click();
  await expect(page.getByText('Two-step sign-in is off.').first()).toBeVisible();
  await signOutFully(page, state);
  await visit('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

test('a refused code stands beside its field, and too many end the sign-in @plain', async ({ page, member, visit, state }) => {
  const { codes } = await enrol(page);
  await signOutFully(page, state);
  await firstStep(page, visit, member);
  await page.goto('/account/security');
  // The first step alone opens nothing.
  await arrives(page, state, withNext('/login', '/account/security'));

  await page.goto('/login/factor?method=recovery_code');
  await field(page, 'Recovery code').fill(codes[0]!);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
  await signOutFully(page, state);
  await firstStep(page, visit, member);
  await page.goto('/login/factor?method=recovery_code');
  for (let time = 0; time < 4; time += 1) {
    await field(page, 'Recovery code').fill(codes[0]!);
    await button(page, 'Sign in').click();
    await expect(fieldError(page, 'code'), 'each works once').toBeVisible();
    await expect(field(page, 'Recovery code'), 'a secret is not shown again').toHaveValue('');
  }
  await field(page, 'Recovery code').fill(codes[0]!);
  await button(page, 'Sign in').click();
  await expect(page.getByText('This sign-in has ended')).toBeVisible();
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await arrives(page, state, '/login');
});

test('a second step leads to no other site @plain', async ({ page, member, visit, state }) => {
  const { codes } = await enrol(page);
  await signOutFully(page, state);
  await firstStep(page, visit, member, '//evil.example/');
  await page.goto('/login/factor?method=recovery_code&next=//evil.example/');
  await field(page, 'Recovery code').fill(codes[1]!);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

test('new recovery codes replace the old ones @plain', async ({ page, member, visit, state }) => {
  const { codes } = await enrol(page);
  await button(page, 'Make new recovery codes').click();
  await expect(page.getByText('Your new recovery codes are below.')).toBeVisible();
  const shown = page.getByRole('list', { name: 'Your recovery codes' });
  const fresh = await shown.getByRole('listitem').allInnerTexts();
  expect(fresh.filter(code => codes.includes(code))).toEqual([]);
  await signOutFully(page, state);
  await firstStep(page, visit, member);
  await page.getByRole('link', { name: 'Use a recovery code instead' }).click();
  await field(page, 'Recovery code').fill(codes[0]!);
  await button(page, 'Sign in').click();
  await expect(fieldError(page, 'code')).toBeVisible();
  await field(page, 'Recovery code').fill(fresh[0]!);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
});

test('recovery codes are copied and kept as a file @chromium', async ({ page, context, member }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { codes } = await enrol(page);
  await button(page, 'Copy').click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const begun = page.waitForEvent('download');
  await button(page, 'Download').click();
  const file = await begun;
  expect(file.suggestedFilename()).toBe('recovery-codes.txt');
  for (const text of [copied, readFileSync(await file.path(), 'utf8')]) {
    expect(text).toContain(member.email);
    expect(codes.filter(code => !text.includes(code))).toEqual([]);
  }
});

for (const width of [320, 768, 1600]) {
  test(`axe finds nothing, and nothing sticks out (${width} px) @blocked @chromium`, async ({ page, member, visit, state }) => {
    await page.setViewportSize({ width, height: 900 });
    const fits = async (state: string) => {
      await accessible(page, state);
      expect(await overflow(page), state).toEqual([]);
      await expect(page.locator('[style], style'), state).toHaveCount(0);
    };
    await page.goto('/account/factors');
    await fits('off');
    await enrol(page);
    await fits('codes');
    await page.reload();
    await fits('on');
    await signOutFully(page, state);
    await firstStep(page, visit, member);
    await fits('second step');
    await field(page, 'Code from your app').fill('123');
    await button(page, 'Sign in').click();
    await expect(fieldError(page, 'code')).toBeVisible();
    await fits('refused');
    await page.getByRole('link', { name: 'Use a recovery code instead' }).click();
    await fits('recovery code');
    await page.context().clearCookies({ name: 'signin' });
    await page.reload();
    await fits('expired');
  });
}

test('a trusted browser takes the password alone until it is forgotten @plain', async ({ page, member, visit, state }) => {
  const { secret } = await enrol(page);
  await signOutFully(page, state);
  await firstStep(page, visit, member);
  const trust = page.getByLabel('Trust this browser for 30 days');
  await expect(trust).not.toBeChecked();
  await trust.check();
  await enterCode(page, secret, 0, button(page, 'Sign in'), page.getByRole('heading', { level: 1, name: 'Your profile' }));
  await signOutFully(page, state);

  await visit('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await arrives(page, state, '/account');
  await visit('/account/security');
  const row = page.getByRole('listitem').filter({ hasText: 'Signs in by the password alone until' });
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Forget/ }).click();
  await expect(page.getByText('That device is forgotten.')).toBeVisible();
  await visit('/account');
  await signOutFully(page, state);
  await firstStep(page, visit, member);
});

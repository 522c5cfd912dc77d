import { button, field, fillPasswordChange, fillSignIn, signOut, withNext, words } from '../../fixtures/forms';
import { expect, test } from '../../fixtures/test';
import type { BrowserContext } from '@playwright/test';

async function token(context: BrowserContext): Promise<string | undefined> {
  return (await context.cookies()).find(({ name }) => name === 'session-token')?.value;
}

/** The session a token names, read from its claims. */
function session(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()).sid;
}

test('a copied cookie is dead as soon as its owner signs out (P6) @plain', async ({ page, context, browser, member, visit }) => {
  const thief = await browser.newContext();
  await thief.addCookies(await context.cookies());
  const other = await thief.newPage();
  await other.goto('/account');
  await expect(other, member.email).toHaveURL('/account');

  await visit('/account');
  await signOut(page);
  await other.goto('/account');
  await expect(other).toHaveURL(withNext('/login', '/account'));
  await thief.close();
});

test('a password change ends every other session at once, and keeps this one (P6) @plain', async ({
  page,
  context,
  browser,
  member,
  visit,
}) => {
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto('/login');
  await fillSignIn(other, member);
  await button(other, 'Sign in').click();
  await expect(other).toHaveURL('/account');

  const before = await token(context);
  await visit('/account/security');
  await fillPasswordChange(page, member.password, `${member.password}-new`);
  await button(page, 'Change password').click();
  await expect(page.getByText(words.changed)).toBeVisible();
  expect(session((await token(context))!)).not.toBe(session(before!));

  await other.goto('/account');
  await expect(other).toHaveURL(withNext('/login', '/account'));
  await visit('/account');
  await expect(page).toHaveURL('/account');
  await elsewhere.close();
});

test('each sign-in makes a new session', async ({ page, context, member, visit }) => {
  const seen = new Set([session((await token(context))!)]);
  for (let turn = 0; turn < 2; turn += 1) {
    await visit('/account');
    await signOut(page);
    expect(await token(context), 'the cookie is gone').toBeUndefined();
    await visit('/login');
    await fillSignIn(page, member);
    await button(page, 'Sign in').click();
    await expect(page).toHaveURL('/account');
    seen.add(session((await token(context))!));
  }
  expect(seen.size).toBe(3);
});

test('no script can read the session', async ({ page, context, member, visit }) => {
  await visit('/account');
  expect(await page.evaluate(() => document.cookie), member.email).toBe('');
  const cookie = (await context.cookies()).find(({ name }) => name === 'session-token');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 });
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain('eyJ');
  expect(await page.content()).not.toContain(cookie!.value);
});

test('a session that ended elsewhere is told when a form is sent @plain', async ({ page, context, browser, member, visit }) => {
  await visit('/account');
  const elsewhere = await browser.newContext();
  await elsewhere.addCookies(await context.cookies());
  const other = await elsewhere.newPage();
  await other.goto('/account');
  await signOut(other);
  await elsewhere.close();

  await field(page, 'Bio').fill('Not saved, not lost.');
  await button(page, 'Save profile').click();
  await expect(page).toHaveURL(withNext('/login', '/account'));
  await expect(page.getByText('You were signed out before')).toBeVisible();
  await fillSignIn(page, { email: member.email, password: 'mistyped on the way' });
  await button(page, 'Sign in').click();
  await expect(page.getByText(words.wrongPassword)).toBeVisible();
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  await expect(page.locator('form[action="/fn/profile/save"]').getByRole('alert')).toContainText("Your changes haven't been saved yet");
  await expect(field(page, 'Bio')).toHaveValue('Not saved, not lost.');
});

test('the back button after signing out shows nothing private', async ({ page, member, visit }) => {
  await visit('/account');
  await signOut(page);
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Sign in to Doorstep' })).toBeVisible();
  await expect(page.getByText(member.email)).toHaveCount(0);
});

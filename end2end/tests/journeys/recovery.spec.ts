import { button, field, fieldError, fillEmail, fillSignIn, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { expect, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

const changed = 'Your password was changed. Sign in with it.';
const onItsWay = /an email is on its way\./;

async function ask(page: Page, email: string): Promise<void> {
  await fillEmail(page, email);
  await button(page, 'Send email').click();
  await expect(page.getByText(onItsWay)).toBeVisible();
}

async function choose(page: Page, password: string): Promise<void> {
  await field(page, 'New password').fill(password);
  await button(page, 'Change password').click();
}

test('a forgotten password is replaced by the link of a mail @blocked', async ({ page, context, member, visit, state }) => {
  const session = await context.cookies();
  await context.clearCookies();
  await visit('/login');
  await field(page, 'Email or username').fill(member.email);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await expect(page).toHaveURL(url => url.pathname === '/forgot');
  if (state === 'wasm') await expect(field(page, 'Email')).toHaveValue(member.email);
  await ask(page, member.email);
  const { link } = await mailTo(member.email, /^Reset your password/);

  const calls: string[] = [];
  page.on('request', request => new URL(request.url()).pathname.startsWith('/fn/') && calls.push(request.url()));
  await visit(link);
  await expect(page).toHaveURL('/reset');
  await expect(field(page, 'Code')).toBeHidden();
  await page.reload();
  await expect(field(page, 'Code'), 'the link survives a reload').toBeHidden();
  expect(calls, 'nothing was sent by itself').toEqual([]);
  await choose(page, 'password123');
  await expect(fieldError(page, 'new_password')).toContainText('easy to guess');
  await expect(field(page, 'Code'), 'and a refused password').toBeHidden();
  const next = `${member.password}-new`;
  await choose(page, next);
  await expect(page).toHaveURL('/login');
  await expect(page.getByText(changed)).toBeVisible();

  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await fillSignIn(page, { ...member, password: next });
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');

  await context.clearCookies();
  await context.addCookies(session);
  await visit('/account');
  await expect(page, 'the sessions of before have ended').toHaveURL(url => url.pathname === '/login');
  await visit(link);
  await choose(page, `${next}-again`);
  await expect(page.getByRole('alert')).toContainText(words.noLonger);
});

test('a forgotten password is replaced by the code of a mail @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/forgot');
  await ask(page, member.email);
  const { code } = await mailTo(member.email, /^Reset your password/);
  await page.getByRole('link', { name: 'Enter it' }).click();
  await expect(page).toHaveURL('/reset');
  await fillEmail(page, member.email);
  await field(page, 'Code').fill(code.toLowerCase());
  const next = `${member.password}-new`;
  await choose(page, next);
  await expect(page).toHaveURL('/login');
  await expect(page.getByText(changed)).toBeVisible();
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
  await field(page, 'Password').fill(next);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

test('a code that was guessed at five times is over @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/forgot');
  await ask(page, member.email);
  const { code } = await mailTo(member.email, /^Reset your password/);
  await visit('/reset');
  for (const typed of ['AAAAA-AAAAA', 'AAAAA-AAAAB', 'AAAAA-AAAAC', 'AAAAA-AAAAD', 'AAAAA-AAAAE', code]) {
    await fillEmail(page, member.email);
    await field(page, 'Code').fill(typed);
    const answered = page.waitForResponse(answer => answer.url().endsWith('/fn/password/reset'));
    await choose(page, `${member.password}-new`);
    await answered;
    await expect(page.getByRole('alert').first()).toContainText(words.noLonger);
    await expect(field(page, 'Code')).toHaveValue(typed);
  }
  await visit('/login');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page, 'the password is as it was').toHaveURL('/account');
});

test('a member proves the address with one button @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  await expect(page.getByText('We sent a link to')).toBeVisible();
  const { link } = await mailTo(member.email, /^Confirm your email/);
  await button(page, 'Send it again').click();
  await expect(page.getByText("It's on its way.")).toBeVisible();
  expect((await mailTo(member.email, /^Confirm your email/)).link, 'the same link').toBe(link);
  await visit(link);
  await expect(page).toHaveURL('/verify');
  await expect(field(page, 'Code')).toBeHidden();
  await button(page, 'Confirm email').click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByText('Your email is confirmed.')).toBeVisible();
  await expect(page.getByText('We sent a link to')).toHaveCount(0);
});

test('a stranger proves an address with code and password @plain', async ({ page, context, member, visit }) => {
  const { code } = await mailTo(member.email, /^Confirm your email/);
  await context.clearCookies();
  await visit('/verify');
  await page.getByText("This wasn't me").click();
  await expect(page.getByRole('link', { name: 'choose a new password' })).toBeVisible();
  await fillEmail(page, member.email);
  await field(page, 'Code').fill(code);
  await button(page, 'Confirm email').click();
  await expect(page.getByText('Nothing was confirmed.')).toBeVisible();
  await field(page, 'Password').fill(member.password);
  await button(page, 'Confirm email').click();
  await expect(page).toHaveURL('/login');
  await expect(page.getByText('Your email is confirmed. Sign in to continue.')).toBeVisible();
});

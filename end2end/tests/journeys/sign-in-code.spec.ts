import { button, field, fieldError, fillSignIn } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { expect, test, type Person } from '../../fixtures/test';
import type { BrowserContext } from '@playwright/test';

const onItsWay = /an email is on its way\./;

/** A code goes only to an address that its owner has confirmed. */
async function confirm(context: BrowserContext, member: Person, origin: string): Promise<void> {
  const { code } = await mailTo(member.email, /^Confirm your email/);
  const answer = await context.request.post(`${origin}/api/v1/auth/email/verify`, {
    data: { email: member.email, code, password: member.password },
  });
  expect(answer.status(), await answer.text()).toBe(204);
}

test('a code signs in while strangers guess the password @plain', async ({ page, context, member, visit, baseURL, state }) => {
  await confirm(context, member, baseURL!);
  await context.clearCookies();
  await visit('/login?next=/account/security');
  for (let guess = 0; guess < 5; guess += 1) {
    await fillSignIn(page, { email: member.email, password: 'not the password' });
    const answered = page.waitForResponse(answer => answer.url().endsWith('/fn/login'));
    await button(page, 'Sign in').click();
    await answered;
    await expect(page.getByRole('alert').first()).toContainText(/Incorrect|Too many/);
  }
  await page.getByRole('link', { name: 'Email me a code instead' }).last().click();
  await expect(page).toHaveURL(url => url.pathname === '/login/code');
  if (state === 'wasm') await expect(field(page, 'Email or username')).toHaveValue(member.email);
  await field(page, 'Email or username').fill(member.email);
  await button(page, 'Email me a code').click();
  await expect(page.getByText(onItsWay)).toBeVisible();
  await expect(field(page, 'Email or username')).toHaveValue(member.email);

  await field(page, 'Code').fill('AAAAA-AAAAA');
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert').first()).toContainText('That code is mistyped');
  await expect(field(page, 'Code'), 'what was typed stays').toHaveValue('AAAAA-AAAAA');
  const { code, text } = await mailTo(member.email, /^Your sign-in code/);
  expect(text, 'no link signs in').not.toContain('#');
  await field(page, 'Code').fill(code.toLowerCase().replace('-', ' '));
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account/security');
});

test('who has a code already goes straight to it @plain', async ({ page, context, member, visit, baseURL }) => {
  await confirm(context, member, baseURL!);
  await context.clearCookies();
  await context.request.post(`${baseURL}/api/v1/auth/code`, { data: { identifier: member.email } });
  const { code } = await mailTo(member.email, /^Your sign-in code/);
  await visit('/login/code');
  await page.getByRole('link', { name: 'I have a code' }).click();
  await button(page, 'Sign in').click();
  await expect(fieldError(page, 'code')).toBeVisible();
  await field(page, 'Email or username').fill(member.email);
  await field(page, 'Code').fill(code);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

test('nobody learns from the page whether there is an account @plain', async ({ page, person, visit }) => {
  await visit('/login/code');
  await button(page, 'Email me a code').click();
  await expect(fieldError(page, 'identifier')).toBeVisible();
  await field(page, 'Email or username').fill(person.email);
  await button(page, 'Email me a code').click();
  await expect(page.getByText(onItsWay)).toBeVisible();
  await page.getByRole('link', { name: 'Get a new code' }).click();
  await expect(button(page, 'Email me a code')).toBeVisible();
});

import { button, field, fillEmail, fillSignIn, fillSignUp, signOut, words } from '../../fixtures/forms';
import type { Mail } from '../../fixtures/mail';
import { scan, test } from '../../fixtures/mail-server';
import type { Caught } from '../../fixtures/smtp/catcher';
import { expect } from '../../fixtures/test';
import type { Browser, Page } from '@playwright/test';

// Mail goes over STARTTLS, with a password, and scanners open each one before a person does.
test.use({ signup: 'open', starttls: true });
// Each scan is ten pages.
test.describe.configure({ mode: 'default', timeout: 180_000 });

const uuid = /^<[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@localhost>$/;

/** What each mail has, whatever it is about. */
async function wellMade(browser: Browser, to: string, mail: Mail<Caught>): Promise<void> {
  expect(mail).toMatchObject({ encrypted: true, authenticated: true });
  expect(mail.envelope).toEqual({ from: 'no-reply@doorstep.example', to });
  expect(mail.headers.get('from')).toMatch(/^"?Doorstep"? <no-reply@doorstep\.example>$/);
  expect(mail.headers.get('to')).toBe(to);
  expect(mail.headers.get('message-id')).toMatch(uuid);
  expect(mail.headers.get('content-type')).toMatch(/^multipart\/alternative;/);
  expect(mail.text, 'the text stands alone').toContain(mail.link);
  expect(mail.html).toContain(mail.link);
  const page = await browser.newPage();
  const fetched: string[] = [];
  page.on('request', request => fetched.push(request.url()));
  await page.setContent(mail.html, { waitUntil: 'load' });
  await expect(page.getByRole('heading').first()).toBeVisible();
  await page.close();
  expect(fetched, 'what reading a mail loads').toEqual([]);
}

async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
}

test('sign up, prove the address, change it, and take the account back', async ({ page, context, browser, person, visit, mailTo }) => {
  async function arrives(to: string, subject: RegExp): Promise<string> {
    const mail = await mailTo(to, subject);
    await wellMade(browser, to, mail);
    await scan(browser, mail);
    return mail.link;
  }

  await visit('/register');
  await fillSignUp(page, person);
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByText('We sent a link to')).toBeVisible();
  const verify = await arrives(person.email, /^Confirm your email address/);
  await visit(verify);
  await button(page, 'Confirm email').click();
  await expect(page.getByText('Your email is confirmed.')).toBeVisible();
  await visit(verify);
  await button(page, 'Confirm email').click();
  await expect(page.getByRole('alert'), 'once').toContainText(words.noLonger);

  await visit('/account');
  await signOut(page);
  await visit('/login');
  await signIn(page, person);
  await expect(page).toHaveURL('/account');

  const theirs = `thief-${person.email}`;
  await visit('/account/security');
  await fillEmail(page, theirs, 'New email');
  await field(page, 'Password').fill(person.password);
  await button(page, 'Change email').click();
  await expect(page.getByText('We sent a link to the new address.')).toBeVisible();
  await visit(await arrives(theirs, /^Confirm your new email address/));
  await button(page, 'Confirm email').click();
  await expect(page.getByRole('definition').getByText(theirs)).toBeVisible();
  const thief = await context.cookies();

  await context.clearCookies();
  const notMe = await arrives(person.email, /was changed$/);
  await visit(notMe);
  await button(page, 'Take my account back').click();
  await expect(page).toHaveURL('/reset');
  const next = `${person.password}-new`;
  await field(page, 'New password').fill(next);
  await button(page, 'Change password').click();
  await expect(page).toHaveURL('/login');
  await signIn(page, person);
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await signIn(page, { email: person.email, password: next });
  await expect(page).toHaveURL('/account');
  await expect(page.getByText(theirs)).toHaveCount(0);
  await visit(notMe);
  await button(page, 'Take my account back').click();
  await expect(page.getByRole('alert'), 'once').toContainText(words.noLonger);

  await context.clearCookies();
  await context.addCookies(thief);
  await visit('/account');
  await expect(page, 'the other one is signed out').toHaveURL(url => url.pathname === '/login');
});

test('a forgotten password: the old sessions end', async ({ page, context, browser, member, visit, mailTo }) => {
  const session = await context.cookies();
  await context.clearCookies();
  await visit('/forgot');
  await fillEmail(page, member.email);
  await button(page, 'Send email').click();
  await expect(page.getByText('an email is on its way')).toBeVisible();
  const mail = await mailTo(member.email, /^Reset your password/);
  await wellMade(browser, member.email, mail);
  await scan(browser, mail);
  const next = `${member.password}-new`;
  for (const refused of [false, true]) {
    await visit(mail.link);
    await field(page, 'New password').fill(next);
    await button(page, 'Change password').click();
    if (refused) await expect(page.getByRole('alert'), 'once').toContainText(words.noLonger);
    else await expect(page).toHaveURL('/login');
  }
  await visit('/login');
  await signIn(page, { email: member.email, password: next });
  await expect(page).toHaveURL('/account');
  await context.clearCookies();
  await context.addCookies(session);
  await visit('/account');
  await expect(page).toHaveURL(url => url.pathname === '/login');
});

import { button, field, fillSignUp } from '../../fixtures/forms';
import { arrived, mailTo, type Mail, type Sent } from '../../fixtures/mail';
import { take } from '../../fixtures/pictures';
import { Postgres } from '../../fixtures/postgres';
import { Server } from '../../fixtures/server';
import { expect, hydrated, register, somebody, test, type Person } from '../../fixtures/test';
import type { Page } from '@playwright/test';

const widths = [320, 1600];
const ended = 'a'.repeat(43);

test.describe.configure({ timeout: 180_000 });

/** A server with settings and a database of its own. */
async function during(settings: NodeJS.ProcessEnv, act: (server: Server) => Promise<void>): Promise<void> {
  const postgres = await Postgres.start();
  try {
    const server = await Server.start(postgres.url, settings);
    await act(server).finally(() => server.stop());
  } finally {
    await postgres.destroy();
  }
}

async function sentBy(server: Server, address: string): Promise<Mail> {
  return arrived(address, /./, async () => {
    const answer = await fetch(`${server.url}/dev/mail?json`, { headers: { Accept: 'application/json' } });
    return (await answer.json()) as Sent[];
  });
}

/** A document of its own: another fragment alone would load nothing. */
async function fresh(page: Page, url: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(url);
  await hydrated(page);
}

function ana(): Person {
  return { ...somebody(), email: 'ana.ilves@doors.example' };
}

const pages = {
  'sign-in-code': '/login/code',
  forgot: '/forgot',
  'reset-by-code': '/reset',
  'reset-by-link': `/reset#${ended}`,
  'verify-stranger': `/verify#${ended}`,
  'not-me': `/not-me#${ended}`,
};

for (const [name, path] of Object.entries(pages)) {
  test(`pictures of ${path.replace(ended, '…')}`, async ({ page, visit }) => {
    await visit(path);
    await take(page, name, widths);
  });
}

test('pictures of what was asked for by mail', async ({ page, visit }) => {
  await visit('/forgot');
  await field(page, 'Email').fill('ana.ilves@doors.example');
  await button(page, 'Send email').click();
  await expect(page.getByText('is on its way.')).toBeVisible();
  await take(page, 'forgot-sent', widths);
  await visit('/login/code');
  await field(page, 'Email or username').fill('ana.ilves@doors.example');
  await button(page, 'Email me a code').click();
  await expect(field(page, 'Code')).toBeVisible();
  await take(page, 'sign-in-code-sent', widths);
});

test('pictures of a link that has ended', async ({ page, visit }) => {
  await visit(`/reset#${ended}`);
  await field(page, 'New password').fill('three old doors and a lamp');
  await button(page, 'Change password').click();
  await expect(page.getByRole('alert').first()).toContainText('has expired');
  await take(page, 'reset-ended', widths);
});

test('pictures of an address that is not proven yet', async ({ page, visit, context, browser, baseURL }) => {
  const person = ana();
  await register(context, person, baseURL!);
  const { id, link } = await mailTo(person.email, /^Confirm your email/);
  await visit('/account');
  await take(page, 'account-unproven', widths);
  await visit('/account/security');
  await take(page, 'security', widths);
  await field(page, 'New email').fill('ana@lamps.example');
  await field(page, 'Password').fill(person.password);
  await button(page, 'Change email').click();
  await expect(page.getByText('becomes your email')).toBeVisible();
  await take(page, 'security-email-waits', widths);
  await visit(link);
  await take(page, 'verify-signed-in', widths);

  // Chromium calls it an error that the frame of a mail runs no script of Playwright's.
  const quiet = await browser.newContext();
  const mailbox = await quiet.newPage();
  for (const [name, path] of [['dev-mail', ''], ['dev-mail-one', `/${id}`]] as const) {
    await mailbox.goto(`${baseURL}/dev/mail${path}`);
    await take(mailbox, name, widths);
  }
  await quiet.close();
});

test('pictures of an invitation', async ({ page, person }) => {
  await during({ SIGNUP: 'closed' }, async server => {
    server.command('invite', person.email);
    await fresh(page, (await sentBy(server, person.email)).link);
    await take(page, 'invite', widths);
    server.command('invite', person.email, '--revoke');
    await field(page, 'Password').fill(person.password);
    await button(page, 'Create account').click();
    await expect(page.getByRole('alert').first()).toContainText('has expired');
    await take(page, 'invite-ended', widths);
  });
});

test('pictures of a sign-up that waits for its mail', async ({ page }) => {
  await during({ SIGNUP: 'verify' }, async server => {
    const person = ana();
    await fresh(page, `${server.url}/register`);
    await fillSignUp(page, person);
    await button(page, 'Create account').click();
    await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
    await take(page, 'register-sent', widths);
    await fresh(page, (await sentBy(server, person.email)).link);
    await take(page, 'verify-sign-up', widths);
  });
});

test('pictures of a member who has to prove an address first', async ({ page, context }) => {
  await during({ REQUIRE_VERIFIED: 'true' }, async server => {
    await register(context, ana(), server.url);
    await fresh(page, `${server.url}/account`);
    await expect(page.getByRole('link', { name: 'Enter the code' })).toBeVisible();
    await take(page, 'prove-first', widths);
  });
});

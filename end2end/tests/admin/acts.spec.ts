import { asAdmin, find, signIn } from '../../fixtures/admin';
import { button, field, fillSignIn, withNext, words } from '../../fixtures/forms';
import { test } from '../../fixtures/mail-server';
import { enterCode } from '../../fixtures/totp';
import { expect, register, someAddress, somebody } from '../../fixtures/test';

test('somebody is invited, promoted, disabled while signed in on two browsers, and demoted @plain', async ({ page, own, mailTo, elsewhere, browser, baseURL, javaScriptEnabled }) => {
  await asAdmin(page, own.server);
  const ana = somebody();
  await page.goto('/admin/users');
  await page.getByRole('main').getByRole('link', { name: 'Invite someone' }).click();
  await field(page, 'Email').fill(ana.email);
  await button(page, 'Invite').click();
  await expect(page).toHaveURL('/admin/invitations');
  await expect(page.getByText('The invitation is on its way.')).toBeVisible();
  await expect(page.getByRole('rowheader', { name: ana.email })).toBeVisible();

  const { link, code } = await mailTo(ana.email, /^You're invited/);
  const first = await elsewhere(link);
  // What stands behind the # of a link reaches no server.
  if (javaScriptEnabled === false) {
    await field(first, 'Email').fill(ana.email);
    await field(first, 'Code').fill(code);
  }
  await field(first, 'Name').fill(ana.name);
  await field(first, 'Password').fill(ana.password);
  await button(first, 'Create account').click();
  await expect(first).toHaveURL('/account');
  const context = await browser.newContext({ javaScriptEnabled, baseURL, extraHTTPHeaders: { 'X-Forwarded-For': someAddress() } });
  const second = await context.newPage();
  await signIn(second, ana);

  await find(page, ana);
  await page.getByRole('link', { name: 'Make admin' }).click();
  // The page says it too, behind the dialog.
  await expect(page.getByText('They can then see, change, disable and delete every account').last()).toBeVisible();
  await button(page, 'Make admin').click();
  await expect(page.getByText("They're an admin now.")).toBeVisible();
  for (const other of [first, second]) {
    await other.goto('/account');
    await expect(other).toHaveURL(withNext('/login', '/account'));
    await fillSignIn(other, ana);
    await button(other, 'Sign in').click();
    await expect(other).toHaveURL('/account');
    await expect(other.getByRole('banner').getByRole('link', { name: 'Admin' }), 'without another load').toBeVisible();
    await other.goto('/admin/users');
    await expect(other.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  }

  await page.getByRole('link', { name: 'Disable account' }).click();
  await field(page, 'Reason').fill('Too many invitations & spam');
  await button(page, 'Disable account').click();
  await expect(page.getByText('The account is disabled, and its sessions have ended.')).toBeVisible();
  for (const other of [first, second]) {
    await other.goto('/admin/users');
    await expect(other).toHaveURL(withNext('/login', '/admin/users'));
  }
  await fillSignIn(first, { ...ana, password: 'not the password' });
  await button(first, 'Sign in').click();
  await expect(first.getByRole('alert')).toContainText(words.wrongPassword);
  await field(first, 'Password').fill(ana.password);
  await button(first, 'Sign in').click();
  await expect(first.getByRole('alert')).toContainText('Too many invitations & spam');

  await button(page, 'Enable account').click();
  await expect(page.getByText('The account works again.')).toBeVisible();
  await page.getByRole('link', { name: 'Make member' }).click();
  await button(page, 'Make member').click();
  await expect(page.getByText("They're a member now.")).toBeVisible();
  await signIn(second, ana);
  expect((await second.goto('/admin/users'))!.status()).toBe(403);
  await context.close();
});

test('what would lock one out is not offered, and a deletion names whom it is about @plain', async ({ page, own, context, baseURL }) => {
  const ana = somebody();
  await register(context, ana, baseURL!);
  await context.clearCookies();
  const admin = await asAdmin(page, own.server);
  await find(page, admin);
  await expect(page.getByText('This is your own account.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Delete account' })).toHaveCount(0);

  await find(page, ana);
  await page.getByRole('link', { name: 'Delete account' }).click();
  await expect(page.getByText('This concerns')).toContainText(ana.email);
  await page.getByRole('link', { name: 'Keep things as they are' }).click();
  await expect(page.getByRole('main')).toContainText(ana.email);
  await page.getByRole('link', { name: 'Delete account' }).click();
  await button(page, 'Delete account').click();
  await expect(page).toHaveURL('/admin/users');
  await expect(page.getByText('The account was deleted.')).toBeVisible();
  await page.goto(`/admin/users?q=${encodeURIComponent(ana.email)}`);
  await expect(page.getByText('No account fits.')).toBeVisible();
});

test('somebody who has lost their second step is let in by the password again @plain', async ({ page, own, mailTo, elsewhere, baseURL }) => {
  await asAdmin(page, own.server);
  const ana = somebody();
  const other = await elsewhere('/register');
  await register(other.context(), ana, baseURL!);
  await other.goto('/account/factors');
  await button(other, 'Set up an authenticator app').click();
  const secret = await other.locator('.key').innerText();
  const on = other.getByText("Two-step sign-in is on, and you've been signed out everywhere else.");
  await enterCode(other, secret, 1, button(other, 'Turn on two-step sign-in'), on);

  await page.goto(`/admin/users?second_factor=true&q=${encodeURIComponent(ana.email)}`);
  await expect(page.getByRole('rowheader')).toHaveText([ana.email]);
  await page.getByRole('rowheader').getByRole('link').click();
  await page.getByRole('link', { name: 'Turn two-step sign-in off' }).click();
  await field(page, 'Reason').fill('Lost the phone, known by voice');
  await button(page, 'Turn two-step sign-in off').click();
  await expect(page.getByText('Their two-step sign-in is off, and their sessions have ended.')).toBeVisible();
  await expect(page.getByText('Lost the phone, known by voice')).toBeVisible();
  await mailTo(ana.email, /^Two-step sign-in to .* was turned off/);
  await signIn(other, ana);
});

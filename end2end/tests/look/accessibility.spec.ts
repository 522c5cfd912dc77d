import { accessible } from '../../fixtures/axe';
import { button, field, fieldError, fillPasswordChange, fillSignIn, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { members, strangers } from '../../fixtures/pages';
import { expect, hold, test } from '../../fixtures/test';

test.describe('axe @blocked', () => {
  for (const path of [...strangers, '/login/code?step=enter', `/reset#${'a'.repeat(43)}`, `/invite#${'a'.repeat(43)}`]) {
    test(`${path} for a stranger`, async ({ page, visit }) => {
      await visit(path);
      await accessible(page, 'fresh');
    });
  }

  for (const path of members) {
    test(`${path} for a member`, async ({ page, visit, member }) => {
      await visit(path);
      await accessible(page, `fresh for ${member.email}`);
    });
  }

  test('refused sign-up', async ({ page, visit }) => {
    await visit('/register');
    await field(page, 'Email').fill('not an address');
    await button(page, 'Create account').click();
    await expect(fieldError(page, 'email')).toBeVisible();
    await accessible(page, 'error');
  });

  test('refused and sent: a forgotten password', async ({ page, visit, person }) => {
    await visit('/forgot');
    await button(page, 'Send email').click();
    await expect(fieldError(page, 'email')).toBeVisible();
    await accessible(page, 'error');
    await field(page, 'Email').fill(person.email);
    await button(page, 'Send email').click();
    await expect(page.getByText('an email is on its way')).toBeVisible();
    await accessible(page, 'done');
  });

  test('refused: a new password', async ({ page, visit }) => {
    await visit('/reset');
    await button(page, 'Change password').click();
    await expect(fieldError(page, 'code')).toBeVisible();
    await accessible(page, 'error');
  });

  test('refused: taking an account back', async ({ page, visit }) => {
    await visit('/not-me');
    await button(page, 'Take my account back').click();
    await expect(fieldError(page, 'code')).toBeVisible();
    await accessible(page, 'error');
  });

  test('refused sign-in', async ({ page, visit, person }) => {
    await visit('/login');
    await fillSignIn(page, person);
    await button(page, 'Sign in').click();
    await expect(page.getByRole('alert')).toBeVisible();
    await accessible(page, 'error');
  });

  test('refused and saved profile', async ({ page, visit, member }) => {
    await visit('/account');
    await field(page, 'Username').fill('a b');
    await button(page, 'Save profile').click();
    await expect(fieldError(page, 'username'), member.email).toBeVisible();
    await accessible(page, 'error');
    await field(page, 'Username').fill('');
    await button(page, 'Save profile').click();
    await expect(page.getByText(words.saved)).toBeVisible();
    await accessible(page, 'done');
  });

  test('refused and changed password', async ({ page, visit, member }) => {
    await visit('/account/security');
    await button(page, 'Change password').click();
    await expect(fieldError(page, 'new_password')).toBeVisible();
    await accessible(page, 'error');
    await fillPasswordChange(page, member.password, `${member.password}-new`);
    await button(page, 'Change password').click();
    await expect(page.getByText(words.changed)).toBeVisible();
    await accessible(page, 'done');
  });
});

const busy = [
  { path: '/login', call: '/fn/login', labels: ['Email or username', 'Password'] },
  { path: '/register', call: '/fn/register', labels: ['Email', 'Password'] },
  { path: '/account', call: '/fn/profile/save', labels: [] },
  { path: '/account/security', call: '/fn/password/change', labels: ['Current password', 'New password'] },
];

for (const { path, call, labels } of busy) {
  test(`axe: ${path} while it works`, async ({ page, context, member, visit }) => {
    if (!path.startsWith('/account')) await context.clearCookies();
    const network = await hold(page, `**${call}`);
    await visit(path);
    for (const label of labels) await field(page, label).fill(`kettle@${label}-orbit`.replaceAll(' ', '-'));
    const submit = page.locator(`form[action="${call}"] button[type=submit]`);
    await submit.click();
    await expect(submit, member.email).toHaveText(/…$/);
    await accessible(page, 'busy');
    network.release();
    await expect(submit.or(page.getByRole('heading', { name: 'Your profile' })).first()).toBeVisible();
  });
}

test('axe: a mail, and the pages that show it to a developer', async ({ page, member }) => {
  const { id, html } = await mailTo(member.email, /^Confirm your email/);
  await page.goto('/dev/mail');
  await accessible(page, 'list');
  await page.goto(`/dev/mail/${id}`);
  // axe is a script, and a mail's frame runs none: the mail is looked at by itself.
  await page.getByTitle('The mail as a document').evaluate(frame => frame.remove());
  await accessible(page, 'mail');
  await page.goto('about:blank');
  await page.setContent(html);
  await accessible(page, 'the mail itself');
});

test('axe: a password shown in clear', async ({ page, visit }) => {
  await visit('/register');
  await field(page, 'Password').fill('kettle');
  await button(page, 'Show password').click();
  await accessible(page, 'shown');
});

test('axe: the gallery, every component in every state', async ({ page }) => {
  await page.goto('/dev/gallery');
  await accessible(page, 'gallery');
});

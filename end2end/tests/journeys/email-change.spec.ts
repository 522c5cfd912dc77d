import { button, field, fillEmail, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { expect, test } from '../../fixtures/test';

test('a change of email is proven, told to the old address, and undone from there @blocked', async ({ page, context, member, visit }) => {
  await visit((await mailTo(member.email, /^Confirm your email/)).link);
  await button(page, 'Confirm email').click();
  await expect(page).toHaveURL('/account');

  const theirs = `thief-${member.email}`;
  await visit('/account/security');
  await fillEmail(page, theirs, 'New email');
  await field(page, 'Password').fill('not the password');
  await button(page, 'Change email').click();
  await expect(page.locator('#password-error')).toBeVisible();
  await expect(field(page, 'New email')).toHaveValue(theirs);
  await field(page, 'Password').fill(member.password);
  await button(page, 'Change email').click();
  await expect(page.getByText('We sent a link to the new address.')).toBeVisible();
  await expect(page.getByText(`${theirs} becomes your email`)).toBeVisible();
  await mailTo(member.email, /is about to change$/);

  await visit((await mailTo(theirs, /^Confirm your new email/)).link);
  await button(page, 'Confirm email').click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('definition').getByText(theirs)).toBeVisible();
  const thief = await context.cookies();

  await context.clearCookies();
  await visit((await mailTo(member.email, /was changed$/)).link);
  await expect(page).toHaveURL('/not-me');
  await expect(field(page, 'Code')).toBeHidden();
  await button(page, 'Take my account back').click();
  await expect(page).toHaveURL('/reset');
  await expect(field(page, 'Code'), 'the way on is there already').toBeHidden();
  const next = `${member.password}-new`;
  await field(page, 'New password').fill(next);
  await button(page, 'Change password').click();
  await expect(page).toHaveURL('/login');
  await field(page, 'Email or username').fill(member.email);
  await field(page, 'Password').fill(member.password);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await field(page, 'Password').fill(next);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByText(theirs)).toHaveCount(0);

  await context.clearCookies();
  await context.addCookies(thief);
  await visit('/account');
  await expect(page, 'the other one is signed out').toHaveURL(url => url.pathname === '/login');
});

test('a change of email can be cancelled @plain', async ({ page, member, visit }) => {
  await visit('/account/security');
  await fillEmail(page, `new-${member.email}`, 'New email');
  await field(page, 'Password').fill(member.password);
  await button(page, 'Change email').click();
  await expect(page.getByText('becomes your email')).toBeVisible();
  await button(page, 'Keep my current email').click();
  await expect(page.getByText('becomes your email')).toBeHidden();
});

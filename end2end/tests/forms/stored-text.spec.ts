import { button, field, words } from '../../fixtures/forms';
import { expect, register, somebody, test } from '../../fixtures/test';

/** Each would set the title if it ran, or break out of the place it is shown in. */
const attacks = [
  `<script>document.title='ran'</script>`,
  `</textarea><img src=x onerror="document.title='ran'">`,
  `"><svg onload="document.title='ran'">`,
  `</script><script>document.title='ran'</script>`,
  `<!--<script>`,
  `' onfocus='document.title=1' autofocus='`,
  `\\"-alert(1)//\u2028]]>`,
];

/** Over three turns each text stands in a name, which every page shows, and in other fields. */
for (const turn of [0, 1, 2]) {
  test(`stored text never runs (P10), turn ${turn + 1} of 3 @plain`, async ({ page, member, visit }) => {
    const attack = (place: number) => attacks[(turn * 3 + place) % attacks.length]!;
    const parts = {
      Name: attack(0),
      'First name': attack(1).slice(0, 50),
      'Last name': attack(2).slice(0, 50),
      Bio: attacks.join('\n'),
    };
    await visit('/account');
    for (const [label, text] of Object.entries(parts)) await field(page, label).fill(text);
    await button(page, 'Save profile').click();
    await expect(page.getByRole('status').filter({ hasText: words.saved }), member.email).toBeVisible();

    for (const path of ['/', '/account/security', '/account/activity', '/nowhere', '/account']) {
      await visit(path);
      await expect(page.getByRole('banner')).toContainText(parts.Name);
      await expect(page).not.toHaveTitle('ran');
      await expect(page.locator('img[src=x], svg[onload]')).toHaveCount(0);
    }
    for (const [label, text] of Object.entries(parts)) await expect(field(page, label)).toHaveValue(text);
  });
}

test('text sent back with an error never runs (P10) @plain', async ({ page, visit }) => {
  await visit('/register');
  await field(page, 'Name').fill(attacks[1]!);
  await field(page, 'Email').fill(attacks[2]!);
  await field(page, 'Password').fill('short');
  await button(page, 'Create account').click();
  await expect(page.locator('#email-error')).toBeVisible();
  await expect(field(page, 'Name')).toHaveValue(attacks[1]!);
  await expect(field(page, 'Email')).toHaveValue(attacks[2]!);
  await expect(page).not.toHaveTitle('ran');
});

test('an address made of markup is text too (P10) @plain', async ({ page, context, baseURL, visit }) => {
  const person = { ...somebody(), name: '' };
  // Angle brackets are refused in addresses; these are what markup may still be made of.
  person.email = `'&ltb&gt\`{{7*7}}${person.email}`;
  await register(context, person, baseURL!);
  await visit('/account');
  await expect(page.getByRole('banner')).toContainText(person.email);
});

test('a next made of markup is text too (P10) @plain', async ({ page, visit }) => {
  await visit(`/login?next=${encodeURIComponent(`/account"><script>document.title='ran'</script>`)}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page).not.toHaveTitle('ran');
});

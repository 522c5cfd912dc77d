import { expect, test } from '../../fixtures/test';

/** Every component in every state, against the committed pictures; `npm run gallery -- -u` takes new ones. */
for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [320, 768, 1600]) {
    test(`the gallery looks as it did: ${colorScheme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      await page.goto('/dev/gallery');
      await expect(page).toHaveScreenshot(`gallery-${colorScheme}-${width}.png`, { fullPage: true });
    });
  }
}

// Builds the loader and the three pages into dist. The same input gives the same
// bytes: versions come from the lock file, names from contents, and no clock or
// path of this machine goes in.
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwind from '@tailwindcss/vite';
import { build } from 'vite';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv.slice(2);
const target = ['chrome123', 'firefox128', 'safari17.5'];
const quiet = { configFile: false, logLevel: 'warn', mode: 'production' };

const page = (name, base, assetsDir, plugins = []) => ({
  ...quiet,
  root: resolve(root, 'src', name),
  base,
  plugins: [...plugins, svelte({ configFile: false, compilerOptions: { runes: true, cssHash: ({ hash, css }) => `s-${hash(css)}` } })],
  build: { outDir: resolve(root, 'dist', name), emptyOutDir: true, assetsDir, target, cssTarget: target, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
});

const parts = {
  loader: () => ({
    ...quiet,
    root,
    build: {
      outDir: resolve(root, 'dist', 'loader'),
      emptyOutDir: true,
      target,
      lib: { entry: resolve(root, 'src/loader/loader.ts'), formats: ['iife'], name: 'frontdeskLoader', fileName: () => 'widget.js' },
    },
  }),
  widget: () => page('widget', '/widget/', 'assets'),
  console: () => page('console', '/console/', 'assets', [tailwind()]),
  demo: () => page('demo', '/', 'shop'),
};

if (only.length === 0) rmSync(resolve(root, 'dist'), { recursive: true, force: true });
for (const [name, config] of Object.entries(parts)) {
  if (only.length === 0 || only.includes(name)) await build(config());
}
writeFileSync(resolve(root, 'dist', '.gitattributes'), '* -diff linguist-generated=true\n');

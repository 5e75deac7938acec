// Tests in a real browser.
export { type BundleOptions, bundleScript, bundleTests } from "./bundle-tests.ts";
export { chromiumIsThere, openPage, type PageWorker, runWorker, startWorker } from "./chromium.ts";

// Headless Chromium of the system, with nothing that calls home, and one page that is made here: no network is asked for it. Its address is
// localhost, so that it is a secure context: WebCrypto and Web Locks are there.
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const path = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
export const chromiumIsThere = existsSync(path);

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function openPage(): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const browser = await chromium.launch({ executablePath: path, args });
  const page = await browser.newPage();
  await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>covault</title>" }));
  await page.goto("http://localhost/");
  return { browser, page };
}

/** What a worker of this code posts, up to the message with `done`. */
export function runWorker(page: Page, code: string): Promise<readonly Record<string, unknown>[]> {
  return page.evaluate((source) => {
    // This function runs in the page, whose types are not Node's.
    const { Blob: BlobOf, URL: UrlOf, Worker: WorkerOf } = globalThis as unknown as Record<string, new (...of: unknown[]) => never>;
    const url = (UrlOf as unknown as { createObjectURL(blob: unknown): string }).createObjectURL(
      new (BlobOf as never as typeof Blob)([source]),
    );
    return new Promise<Record<string, unknown>[]>((resolve, reject) => {
      const posted: Record<string, unknown>[] = [];
      const worker = new (WorkerOf as never as new (url: string) => Record<string, unknown>)(url);
      worker.onerror = (event: { message: string }) => reject(new Error(event.message));
      worker.onmessage = ({ data }: { data: Record<string, unknown> }) => {
        posted.push(data);
        if ("done" in data || data.name === "load") resolve(posted);
      };
    });
  }, code);
}

// Headless Chromium of the system, with nothing that calls home, and one page that is served here.
// The page's address is that of this machine. So it is a secure context, with WebCrypto and Web
// Locks, and may open connections to other ports of this machine.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";

const path = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
/**
 * Whether Chromium is on this machine. CHROMIUM_PATH names another place than /usr/bin/chromium.
 */
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

/** Starts Chromium and opens the page. The server of the page ends with the browser. */
export async function openPage(): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>covault</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({ executablePath: path, args });
  browser.on("disconnected", () => {
    server.closeAllConnections();
    server.close();
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return { browser, page };
}

/** Runs a worker of this code. Gives what it posts, up to the message with `done`. */
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

export interface PageWorker {
  /**
   * Gives everything that the worker has posted so far, and the errors that it did not catch as
   * `{ wrong }`.
   */
  posted(): Promise<readonly Record<string, unknown>[]>;
  post(message: unknown): Promise<void>;
  /** Ends the worker as it stands. */
  terminate(): Promise<void>;
}

/** Starts a worker of this code, which goes on until it is told to end. */
export async function startWorker(page: Page, code: string): Promise<PageWorker> {
  const handle = await page.evaluateHandle((source) => {
    const { Blob: BlobOf, URL: UrlOf, Worker: WorkerOf } = globalThis as unknown as Record<string, new (...of: unknown[]) => never>;
    const url = (UrlOf as unknown as { createObjectURL(blob: unknown): string }).createObjectURL(
      new (BlobOf as never as typeof Blob)([source]),
    );
    interface WorkerInPage {
      postMessage(message: unknown): void;
      terminate(): void;
      onmessage: (event: { data: Record<string, unknown> }) => void;
      onerror: (event: { message: string }) => void;
    }
    const worker = new (WorkerOf as never as new (url: string) => WorkerInPage)(url);
    const posted: Record<string, unknown>[] = [];
    worker.onmessage = ({ data }) => void posted.push(data);
    worker.onerror = ({ message }) => void posted.push({ wrong: message });
    return { worker, posted };
  }, code);
  return {
    posted: () => handle.evaluate(({ posted }) => posted),
    post: (message) => handle.evaluate(({ worker }, said) => worker.postMessage(said), message),
    terminate: () => handle.evaluate(({ worker }) => worker.terminate()),
  };
}

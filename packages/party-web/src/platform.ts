// What is used of a browser, as types. The compiler knows no more of the browser here, so nothing
// else can slip in.

export interface PlatformRequest<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
export type Key = string | number | Uint8Array | readonly (string | number | Uint8Array)[];

export interface PlatformIndex {
  getAll(key?: Key): PlatformRequest<unknown[]>;
}
export interface PlatformObjectStore extends PlatformIndex {
  get(key: Key): PlatformRequest<unknown>;
  put(value: unknown): PlatformRequest<unknown>;
  delete(key: Key): PlatformRequest<undefined>;
  clear(): PlatformRequest<undefined>;
  index(name: string): PlatformIndex;
  createIndex(name: string, keyPath: string, options?: { readonly unique?: boolean }): unknown;
}
export interface PlatformTransaction {
  readonly error: unknown;
  objectStore(name: string): PlatformObjectStore;
  abort(): void;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}
export interface PlatformDatabase {
  createObjectStore(
    name: string,
    options: { readonly keyPath: string | readonly string[]; readonly autoIncrement?: boolean },
  ): PlatformObjectStore;
  transaction(
    names: readonly string[],
    mode: "readonly" | "readwrite",
    options: { readonly durability: "strict" | "relaxed" },
  ): PlatformTransaction;
  close(): void;
  onversionchange: (() => void) | null;
}
export interface PlatformOpenRequest extends PlatformRequest<PlatformDatabase> {
  readonly transaction: PlatformTransaction | null;
  onupgradeneeded: (() => void) | null;
}
export interface PlatformDatabases {
  open(name: string, version: number): PlatformOpenRequest;
}

export interface WorkerEvent {
  readonly data?: unknown;
  preventDefault(): void;
}
/** A Web Worker. */
export interface PlatformWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(kind: "message" | "error" | "messageerror", listener: (event: WorkerEvent) => void): void;
}

/** The global object of a page or of a worker. */
export interface Platform {
  readonly indexedDB: PlatformDatabases;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}
export const platform = globalThis as unknown as Platform;

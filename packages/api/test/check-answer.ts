// Holds real answers to a contract: the status is documented, and the body is its shape and nothing
// beyond it. The tests of the services send every answer through it.
import { expect } from "vitest";
import { type Contract, errorBody, type Route } from "../src/index.ts";

export interface RealAnswer {
  readonly method: string;
  /** The path, with its query. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string | null;
  /** The body, of JSON as it was parsed. */
  readonly body: unknown;
}

/**
 * Gives the operation that answered and its status. Undefined where the contract has no such route.
 */
export function checkAnswer({ routes }: Contract, answer: RealAnswer): string | undefined {
  const { method, url, status, contentType, body } = answer;
  const path = url.split("?")[0] ?? "";
  const [id, route] = Object.entries(routes).find(([, one]) => isOf(one, method, path)) ?? [];
  const said = `${method} ${path} answered ${status}`;
  const documented = route === undefined ? undefined : route.answers[status];
  if (route !== undefined) expect(Object.keys(route.answers), `${said}, which its route does not document`).toContain(String(status));
  if (documented?.stream !== undefined) {
    expect(contentType, said).toBe(documented.stream);
    return `${id} ${status}`;
  }
  expect(contentType, said).toMatch(/^application\/(problem\+)?json; charset=utf-8$/);
  const isOurs = route !== undefined || path.startsWith("/api/");
  // A shape drops what it does not name, so a body that comes back whole has nothing beyond it.
  if (isOurs) expect((documented?.shape ?? errorBody).parse(body), said).toEqual(body);
  return id && `${id} ${status}`;
}

const isOf = (route: Route, method: string, path: string): boolean =>
  route.method === method && new RegExp(`^${route.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);

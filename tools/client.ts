// What a client does first, written against the types made from openapi.yaml: sign in, look for a workshop, book seats.
// `make client` compiles it in strict mode and never runs it. The lines marked as errors must fail to compile: if the types
// had decayed to `any`, everything would.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

const api = createClient<paths>({ baseUrl: "http://127.0.0.1:8080" });

export async function bookSeats(email: string, password: string): Promise<string> {
  const signedIn = await api.POST("/v1/auth/login", { body: { email, password } });
  if (signedIn.error) {
    throw new Error(signedIn.error.detail ?? signedIn.error.code);
  }
  const headers = { Authorization: `Bearer ${signedIn.data.access_token}` };

  const list = await api.GET("/v1/workshops", { headers, params: { query: { limit: 5 } } });
  const workshop = list.data?.data[0];
  if (!workshop) {
    throw new Error("no workshop is planned");
  }

  const booked = await api.POST("/v1/workshops/{workshop_id}/registrations", {
    headers,
    params: { path: { workshop_id: workshop.id } },
    body: { attendees: [{ guest: { name: "Ada", kind: "child" } }] },
  });
  const state: components["schemas"]["RegistrationView"]["state"] | undefined = booked.data?.state;
  return state ?? "refused";
}

// @ts-expect-error a path that does not exist
void api.GET("/v1/no-such-path");
// @ts-expect-error a password is required
void api.POST("/v1/auth/login", { body: { email: "a@example.org" } });

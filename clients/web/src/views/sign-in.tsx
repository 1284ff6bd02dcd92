/** Asks for the secret of the gateway or for a key. */
import { useState } from "preact/hooks";
import type { VNode } from "preact";
import { isConnecting, signIn, signInError } from "../store/connection.ts";
import { strings } from "../strings.ts";

export function SignIn(): VNode {
  const [credential, setCredential] = useState("");
  const isBusy = isConnecting.value;
  return (
    <main>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(credential.trim());
        }}
      >
        <h1>{strings.product}</h1>
        <label>
          {strings.signIn.label}
          <input
            type="password"
            autocomplete="current-password"
            required
            autofocus
            value={credential}
            onInput={(event) => setCredential(event.currentTarget.value)}
          />
        </label>
        <p class="muted">{strings.signIn.hint}</p>
        <button class="primary" disabled={isBusy}>
          {isBusy ? strings.signIn.connecting : strings.signIn.submit}
        </button>
        <p class="error" role="alert">
          {signInError.value}
        </p>
      </form>
    </main>
  );
}

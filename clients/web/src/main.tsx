/** Mounts the page, and connects with the credential of this tab. */
import { render } from "preact";
import { App } from "./app.tsx";
import { resume } from "./store/connection.ts";

render(<App />, document.querySelector("#page") ?? document.body);
void resume();

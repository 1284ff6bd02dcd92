/** What the database throws means one thing to a caller: nothing can be stored now. */
import { GatewayError } from "../../errors.ts";

export async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("storage_unavailable", "The session store cannot be read or written now.", {
      cause,
      retryAfterSeconds: 5,
    });
  }
}

/** The data of server-sent events, in the forms that servers send. */

/** Words that servers send to keep a connection alive. */
const keepAlivePattern = /^\W*(?:ping|pong|heart-?beat|keep-?alive|(?:openrouter )?processing)\W*$/i;

export const isKeepAliveText = (data: string): boolean => keepAlivePattern.test(data);

/** Removes the name of the field, which some servers write twice: `data: data: {…}`. */
export const dropFieldName = (data: string): string =>
  data.startsWith("data:") ? data.replace(/^(?:data: ?)+/, "") : data;

/** Returns true for the end of a stream, `[DONE]` in any case. */
export const isDoneMarker = (data: string): boolean => /^\[done\]/i.test(data);

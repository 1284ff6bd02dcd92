// Uses the Java client of openapi-generator.
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.ToolsApi;
import org.openapitools.client.auth.HttpBearerAuth;
import org.openapitools.client.model.*;

public class OpenapiGenerator {
  static ChatCompletionRequest ask(String text, String model) {
    ChatUserMessage message =
        new ChatUserMessage().role(ChatUserMessage.RoleEnum.USER).content(new ChatUserContent(text));
    return new ChatCompletionRequest().model(model).messages(List.of(new ChatMessage(message)));
  }

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.setBasePath(System.getenv("URL"));
    // `setBearerToken` sets one of the two schemes with a bearer token, perhaps that of hooks.
    ((HttpBearerAuth) client.getAuthentication("bearer")).setBearerToken(System.getenv("TOKEN"));
    ChatApi chat = new ChatApi(client);

    ChatCompletion completion =
        chat.createChatCompletion(ask("say hello", "openclaw"), null, null, null, null, null, null);
    System.out.println("chat: " + completion.getChoices().get(0).getMessage().getContent());

    try {
      chat.createChatCompletion(ask("hi", "openclaw:nobody"), null, null, null, null, null, null);
    } catch (ApiException failure) {
      String code =
          JsonParser.parseString(failure.getResponseBody())
              .getAsJsonObject()
              .getAsJsonObject("error")
              .get("code")
              .getAsString();
      System.out.println("error: " + failure.getCode() + " " + code);
    }

    InvokeToolRequest request =
        new InvokeToolRequest().tool("exec").args(Map.of("command", "printf invoked"));
    ToolInvocation invocation = new ToolsApi(client).invokeTool(request, null, null, null, null);
    ToolResult result = invocation.getToolExecution().getResult();
    System.out.println("tool: " + result.getContent().get(0).getToolResultText().getText().trim());

    ChatCompletionRequest streamed = ask("say one two three", "openclaw").stream(true);
    StringBuilder text = new StringBuilder();
    try (okhttp3.Response response =
            chat.createChatCompletionCall(streamed, null, null, null, null, null, null, null).execute();
        BufferedReader lines = new BufferedReader(response.body().charStream())) {
      for (String line; (line = lines.readLine()) != null; ) {
        if (!line.startsWith("data: {")) continue;
        ChatCompletionChunk chunk = ChatCompletionChunk.fromJson(line.substring("data: ".length()));
        String content = chunk.getChoices().get(0).getDelta().getContent();
        if (content != null) text.append(content);
      }
    }
    System.out.println("stream: " + text);
    System.exit(0);
  }
}

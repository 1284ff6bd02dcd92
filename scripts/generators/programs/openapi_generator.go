// Uses the Go client of openapi-generator.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	api "github.com/local/client"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ask(text, model string) api.ChatCompletionRequest {
	message := api.NewChatUserMessage("user", api.ChatUserContent{String: &text})
	return *api.NewChatCompletionRequest([]api.ChatMessage{api.ChatUserMessageAsChatMessage(message)}, model)
}

func main() {
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("URL")}}
	client := api.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), api.ContextAccessToken, os.Getenv("TOKEN"))

	completion, _, err := client.ChatAPI.CreateChatCompletion(ctx).ChatCompletionRequest(ask("say hello", "openclaw")).Execute()
	check(err)
	fmt.Println("chat:", completion.Choices[0].Message.GetContent())

	_, response, err := client.ChatAPI.CreateChatCompletion(ctx).ChatCompletionRequest(ask("hi", "openclaw:nobody")).Execute()
	var failure *api.GenericOpenAPIError
	if !errors.As(err, &failure) {
		panic("no error of the API")
	}
	var body api.ErrorBody
	check(json.Unmarshal(failure.Body(), &body))
	fmt.Println("error:", response.StatusCode, body.Error.Code)

	tool := api.NewInvokeToolRequest()
	tool.SetTool("exec")
	tool.SetArgs(map[string]interface{}{"command": "printf invoked"})
	invocation, _, err := client.ToolsAPI.InvokeTool(ctx).InvokeToolRequest(*tool).Execute()
	check(err)
	part := invocation.ToolExecution.Result.Content[0]
	fmt.Println("tool:", strings.TrimSpace(part.ToolResultText.Text))
}

# The API's contract: the chat and the page that Stripe sends customers back to, the request model, and its answers for a
# browser. The errors that API Gateway writes itself are openapi_errors.tf's.

locals {
  openapi_body = jsonencode({
    openapi = "3.0.1"
    info = {
      title   = local.names.api
      version = "1"
    }
    paths = {
      "/chat" = {
        post    = local.chat_operation
        options = local.preflight_operation
      }
      "/done" = {
        get = local.done_operation
      }
    }
    components = {
      schemas = {
        ChatRequest = local.chat_request_model
      }
      securitySchemes = local.api_key_scheme
    }
    x-amazon-apigateway-request-validators = {
      body = {
        validateRequestBody       = true
        validateRequestParameters = false
      }
    }
    x-amazon-apigateway-gateway-responses = local.gateway_responses
  })

  # Only the chat asks who calls: a browser sends its preflight, and Stripe a customer to /done, with neither.
  api_key_scheme = var.require_api_key ? { api_key = { type = "apiKey", name = "x-api-key", in = "header" } } : {}

  chat_operation = {
    operationId                           = "chat"
    security                              = [for name in keys(local.api_key_scheme) : { (name) = [] }]
    x-amazon-apigateway-auth              = { type = var.api_authorization }
    x-amazon-apigateway-request-validator = "body"
    requestBody = {
      required = true
      content = {
        "application/json" = {
          schema = { "$ref" = "#/components/schemas/ChatRequest" }
        }
      }
    }
    responses = {
      "200" = { description = "The bot's reply" }
    }
    x-amazon-apigateway-integration = {
      type       = "aws_proxy"
      httpMethod = "POST"
      uri        = aws_lambda_alias.live.invoke_arn
      # API Gateway's own limit.
      timeoutInMillis     = local.api_timeout_seconds * 1000
      passthroughBehavior = "when_no_match"
    }
  }

  api_timeout_seconds = 29

  # Types, presence and emptiness only. A violated maxLength, pattern or enum, and an unexpected property, are quoted
  # by API Gateway in its error log, and what is quoted may be a card number. Sizes are bounded where nothing is quoted: a
  # body's by the web ACL (waf.tf) and API Gateway's own 10 MB, a message's by the bot, before the model or Stripe is asked.
  chat_request_model = {
    type     = "object"
    required = ["message"]
    properties = {
      sessionId = { type = "string" }
      messageId = { type = "string" }
      message   = { type = "string", minLength = 1 }
    }
  }

  # Says nothing of what happened: the bot asks Stripe for that when the customer writes again.
  done_page = <<-HTML
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Back to the chat</title>
    <p>You can close this page. Go back to the chat and write to the assistant: it will look at how it went.</p>
    </html>
  HTML

  done_headers = {
    "Cache-Control"           = "'no-store'"
    "Content-Security-Policy" = "'sandbox'"
    "Referrer-Policy"         = "'no-referrer'"
    "X-Content-Type-Options"  = "'nosniff'"
    "X-Frame-Options"         = "'DENY'"
  }

  done_operation = {
    operationId = "done"
    responses = {
      "200" = {
        description = "Where Stripe sends a customer back to"
        headers     = { for name in keys(local.done_headers) : name => { schema = { type = "string" } } }
        content     = { "text/html" = { schema = { type = "string" } } }
      }
    }
    x-amazon-apigateway-integration = {
      type                = "mock"
      passthroughBehavior = "when_no_match"
      requestTemplates    = { "application/json" = jsonencode({ statusCode = 200 }) }
      responses = {
        default = {
          statusCode         = "200"
          responseParameters = { for name, value in local.done_headers : "method.response.header.${name}" => value }
          responseTemplates  = { "text/html" = local.done_page }
        }
      }
    }
  }

  request_headers = concat(
    ["Content-Type"],
    var.require_api_key ? ["X-Api-Key"] : [],
    var.api_authorization == "AWS_IAM" ? ["Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token"] : [],
  )

  cors_headers = {
    "Access-Control-Allow-Origin"  = "'${var.cors_allow_origin}'"
    "Access-Control-Allow-Methods" = "'POST,OPTIONS'"
    "Access-Control-Allow-Headers" = "'${join(",", local.request_headers)}'"
    "Access-Control-Max-Age"       = "'600'"
  }

  preflight_operation = {
    operationId = "preflight"
    responses = {
      "204" = {
        description = "What a browser may send"
        headers     = { for name in keys(local.cors_headers) : name => { schema = { type = "string" } } }
      }
    }
    x-amazon-apigateway-integration = {
      type                = "mock"
      passthroughBehavior = "when_no_match"
      requestTemplates    = { "application/json" = jsonencode({ statusCode = 204 }) }
      responses = {
        default = {
          statusCode         = "204"
          responseParameters = { for name, value in local.cors_headers : "method.response.header.${name}" => value }
        }
      }
    }
  }
}

# The API's contract: one path, its request model, its answers for a browser, and the errors that API Gateway writes itself.

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
    }
    components = {
      schemas = {
        ChatRequest = local.chat_request_model
      }
    }
    x-amazon-apigateway-request-validators = {
      body = {
        validateRequestBody       = true
        validateRequestParameters = false
      }
    }
    x-amazon-apigateway-gateway-responses = local.gateway_responses
  })

  chat_operation = {
    operationId                           = "chat"
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
  # by API Gateway in its error log, and what is quoted may be a card number. Lengths are the bot's to check.
  chat_request_model = {
    type     = "object"
    required = ["message"]
    properties = {
      sessionId = { type = "string" }
      messageId = { type = "string" }
      message   = { type = "string", minLength = 1 }
    }
  }

  cors_headers = {
    "Access-Control-Allow-Origin"  = "'${var.cors_allow_origin}'"
    "Access-Control-Allow-Methods" = "'POST,OPTIONS'"
    "Access-Control-Allow-Headers" = "'Content-Type'"
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

  # What API Gateway answers by itself, in the bot's own shape of an error and with its codes. Fixed texts: every variable
  # that says more ($context.error.message, validationErrorString) may quote the request.
  gateway_errors = {
    BAD_REQUEST_BODY = {
      status  = 400
      code    = "invalid_request"
      message = "Send a JSON object with a text \"message\"; \"sessionId\" and \"messageId\" are text too."
    }
    # API Gateway's odd name for a path or method that does not exist.
    MISSING_AUTHENTICATION_TOKEN = { status = 404, code = "not_found", message = "The chat is at POST /chat." }
    REQUEST_TOO_LARGE            = { status = 413, code = "too_large", message = "The message is too long." }
    THROTTLED                    = { status = 429, code = "throttled", message = "Too many requests. Wait a moment and try again." }
    INTEGRATION_TIMEOUT          = { status = 504, code = "timeout", message = "The answer took too long. Try again with the same messageId." }
    DEFAULT_4XX                  = { status = null, code = "refused", message = "The API refused the request." }
    DEFAULT_5XX                  = { status = null, code = "unavailable", message = "The chat is not available. Try again with the same messageId." }
  }

  gateway_responses = {
    for type, error in local.gateway_errors : type => merge(
      # Without CORS a browser hides the error from the page.
      { responseParameters = { "gatewayresponse.header.Access-Control-Allow-Origin" = local.cors_headers["Access-Control-Allow-Origin"] } },
      { responseTemplates = { "application/json" = jsonencode({ error = { code = error.code, message = error.message } }) } },
      # The defaults keep the status of the error that they stand for.
      error.status == null ? {} : { statusCode = tostring(error.status) },
    )
  }
}

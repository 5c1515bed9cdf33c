# What API Gateway answers by itself, in the bot's own shape of an error and with its codes.

locals {
  # Fixed texts: every variable that says more ($context.error.message, validationErrorString) may quote the request.
  gateway_errors = {
    BAD_REQUEST_BODY = {
      status  = 400
      code    = "invalid_request"
      message = "Send a JSON object with a text \"message\"; \"sessionId\" and \"messageId\" are text too."
    }
    INVALID_API_KEY = { status = 403, code = "forbidden", message = "Send the API key in the header x-api-key." }
    # API Gateway's odd name for a path or method that does not exist; and, where requests are signed, for one that is not.
    MISSING_AUTHENTICATION_TOKEN = (
      var.api_authorization == "AWS_IAM"
      ? { status = 403, code = "forbidden", message = "The chat is at POST /chat. Sign the request (AWS Signature Version 4)." }
      : { status = 404, code = "not_found", message = "The chat is at POST /chat." }
    )
    REQUEST_TOO_LARGE   = { status = 413, code = "too_large", message = "The message is too long." }
    THROTTLED           = { status = 429, code = "throttled", message = "Too many requests. Wait a moment and try again." }
    INTEGRATION_TIMEOUT = { status = 504, code = "timeout", message = "The answer took too long. Try again with the same messageId." }
    DEFAULT_4XX         = { status = null, code = "refused", message = "The API refused the request." }
    DEFAULT_5XX         = { status = null, code = "unavailable", message = "The chat is not available. Try again with the same messageId." }
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

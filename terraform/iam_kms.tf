# What the bot may do with the key: each permission for one purpose, told apart by service and encryption context.

locals {
  kms_statements = [
    {
      Sid      = "StripeKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [aws_kms_key.main.arn]
      # AWS Secrets Manager User Guide: Secret encryption and decryption.
      Condition = {
        StringEquals = {
          "kms:ViaService"                  = "secretsmanager.${var.aws_region}.amazonaws.com"
          "kms:EncryptionContext:SecretARN" = aws_secretsmanager_secret.stripe.arn
        }
      }
    },
    {
      # Reading and writing rows decrypts the table's own key, and generates none; whoever makes the table does that.
      Sid      = "Sessions"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [aws_kms_key.main.arn]
      # Amazon DynamoDB Developer Guide: DynamoDB encryption context.
      Condition = {
        StringEquals = {
          "kms:ViaService"                                  = "dynamodb.${var.aws_region}.amazonaws.com"
          "kms:EncryptionContext:aws:dynamodb:tableName"    = aws_dynamodb_table.sessions.name
          "kms:EncryptionContext:aws:dynamodb:subscriberId" = local.account_id
        }
      }
    },
    {
      # Lambda has a grant of its own, which dies with the role that it was made for: after a role is made again under its
      # name, this lets the function start. Not by kms:ViaService, which a cold start does not carry.
      Sid      = "Environment"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [aws_kms_key.main.arn]
      Condition = {
        # `:*` are the function's published versions.
        ArnLike = { "kms:EncryptionContext:aws:lambda:FunctionArn" = [local.arns.function, "${local.arns.function}:*"] }
      }
    },
    {
      # A card number between two turns, and only as such: bound to a session by its encryption context.
      Sid      = "CardNumbers"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:Encrypt"]
      Resource = [aws_kms_key.main.arn]
      Condition = {
        StringEquals                = { "kms:EncryptionContext:purpose" = "card-number" }
        "ForAllValues:StringEquals" = { "kms:EncryptionContextKeys" = ["purpose", "session"] }
      }
    },
  ]
}

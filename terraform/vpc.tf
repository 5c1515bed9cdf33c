# The bot in a VPC of yours, where vpc_subnet_ids names one. Off unless asked for: the NAT gateway on its way to Stripe
# costs more than everything else here together.

locals {
  in_vpc = length(var.vpc_subnet_ids) > 0

  network_interface_changes = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]

  network_interface_reads = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
}

resource "aws_iam_role_policy" "lambda_vpc" {
  count = local.in_vpc ? 1 : 0

  name = "${var.project_name}-lambda-vpc-${var.environment}"
  role = aws_iam_role.lambda.id

  # AWS Lambda Developer Guide: Giving Lambda functions access to resources in an Amazon VPC.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LambdaMakesItsInterfaces"
        Effect = "Allow"
        Action = local.network_interface_changes
        # `*/*`, in the form that AWS asks for: the interfaces have no ids yet.
        Resource = "arn:${local.partition}:ec2:${var.aws_region}:${local.account_id}:*/*"
      },
      {
        Sid    = "LambdaLooksForThem"
        Effect = "Allow"
        Action = local.network_interface_reads
        # `*`: the Describe actions know no resource.
        Resource = "*"
      },
      {
        # Lambda does that before the function runs; the function's own code never may.
        Sid    = "NotTheCodeItself"
        Effect = "Deny"
        Action = concat(local.network_interface_changes, local.network_interface_reads)
        # `*`: a Deny covers everything.
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.arns.function } }
      },
    ]
  })
}

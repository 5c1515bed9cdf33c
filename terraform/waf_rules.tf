# What the web ACL refuses, and what it only counts.

locals {
  # Rules of AWS's groups that only count, because a chat breaks them.
  waf_counted = {
    # Customers pay through VPNs and offices' proxies. Card testers come from there too: the metric shows them.
    AWSManagedRulesAnonymousIpList = ["AnonymousIPList", "HostingProviderIPList"]
    AWSManagedRulesCommonRuleSet = [
      # A customer writes what they like. The bot neither renders, fetches nor opens any of it, and a message that is
      # refused for a link or a "<" is a payment that is lost.
      "CrossSiteScripting_BODY",
      "EC2MetaDataSSRF_BODY",
      "GenericLFI_BODY",
      "GenericRFI_BODY",
      # A shop's own server may call without one.
      "NoUserAgent_HEADER",
      # It draws the line at 8 KB; the rule above draws it where the bot's own limit fits in.
      "SizeRestrictions_BODY",
    ]
  }

  # As far as WAF looks into a body at no extra charge. The bot's 2,000 characters take 12,000 bytes as JSON escapes.
  waf_body_bytes = 16384

  # In the bot's own shape of an error. Fixed texts: nothing of the request is quoted.
  waf_answers = {
    throttled = { status = 429, message = "Too many requests. Wait a few minutes and try again." }
    too_large = { status = 413, message = "The message is too long." }
  }
}

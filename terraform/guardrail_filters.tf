# What the guardrail filters, made of the variables of variables_guardrail.tf.

locals {
  # Everything that a version freezes: a change here, and nothing else, makes a new one.
  guardrail_filters = {
    content         = var.guardrail_content_strength == "NONE" ? {} : local.guardrail_content
    pii             = { for kind in var.guardrail_pii_entities : kind => var.guardrail_pii_action }
    topics          = merge(var.guardrail_keep_to_payments ? local.guardrail_off_payments : {}, local.guardrail_own_topics)
    words           = toset(var.guardrail_words)
    profanity       = var.guardrail_profanity
    blocked_message = var.guardrail_blocked_message
  }

  guardrail_content = merge(
    {
      for kind in ["HATE", "SEXUAL", "VIOLENCE", "MISCONDUCT"] :
      kind => { input = var.guardrail_content_strength, output = var.guardrail_content_strength }
    },
    {
      # An angry customer may still pay.
      INSULTS = {
        input  = var.guardrail_content_strength == "HIGH" ? "MEDIUM" : "LOW"
        output = var.guardrail_content_strength
      }
      # Bedrock accepts no other output strength: a prompt attack has no output side.
      PROMPT_ATTACK = { input = "HIGH", output = "NONE" }
    },
  )

  guardrail_own_topics = { for name, definition in var.guardrail_topics : name => { definition = definition, examples = [] } }

  # Each says what it is: Bedrock advises against a topic of the form "everything but payments".
  guardrail_off_payments = {
    "Investment advice" = {
      definition = "Advice or opinions on investing or trading: stocks, bonds, funds, cryptocurrency or property."
      examples   = ["Should I buy bitcoin?", "Which stocks will rise next year?"]
    }
    "Medical advice" = {
      definition = "Diagnosis, treatment, medication or other advice about health."
      examples   = ["What can I take against a headache?", "Is this rash dangerous?"]
    }
    "Legal advice" = {
      definition = "Advice on laws, lawsuits, contracts, immigration or the filing of taxes."
      examples   = ["Can I sue my landlord?", "How do I file my taxes?"]
    }
    "Politics and religion" = {
      definition = "Opinions or news about parties, elections, politicians, wars or religions."
      examples   = ["Who should I vote for?", "What do you think of the president?"]
    }
    "Writing and homework" = {
      definition = "Writing or explaining essays, poems, stories, jokes, recipes, homework, translations or program code."
      examples   = ["Write a poem about the sea.", "Solve this homework for me.", "Write a Python script."]
    }
  }
}

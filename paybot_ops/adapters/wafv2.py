"""WAF: the web ACLs of a region."""

from __future__ import annotations

from paybot_ops.adapters.session import Session, aws_errors


def find_web_acl_id(session: Session, name: str) -> str | None:
    """The id of the regional web ACL of a name, which is unique in a region; None when there is none.

    Raises:
        AccessDeniedError: the caller may not ask (wafv2:ListWebACLs).
    """
    client = session.client("wafv2")
    marker: dict[str, str] = {}
    with aws_errors("wafv2", "the web ACLs"):
        while True:
            page = client.list_web_acls(Scope="REGIONAL", **marker)
            for item in page["WebACLs"]:
                if item["Name"] == name:
                    return str(item["Id"])
            # WAF names a marker on its last page too; an empty page is the end.
            if not page["WebACLs"] or not page.get("NextMarker"):
                return None
            marker = {"NextMarker": page["NextMarker"]}

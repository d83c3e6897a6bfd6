"""Synonyms of Spec events that tools use, in addition to those in Segment's docs.

Selected by hand from the events of real sources, from other vendors' schemas (Google
Analytics, Meta, Shopify) and from the Spec's own words. Names that also have their own
meaning, such as `Email Sent` and `Survey Completed`, are not included.
"""

from __future__ import annotations

# Certain synonyms, by the Spec's name.
SAME: dict[str, tuple[str, ...]] = {
    # Email
    "Email Delivered": ("Mail Delivered",),
    "Email Bounced": ("Mail Bounced", "Email Hard Bounced", "Email Hard Bounce"),
    "Email Opened": ("Mail Opened", "Email Read", "Email Viewed", "Email Seen"),
    "Email Link Clicked": (
        "Mail Clicked", "Mail Link Clicked", "Link Clicked in Email", "Email URL Clicked",
        "Email CTA Clicked", "Clicked Link in Email",
    ),
    "Email Marked as Spam": (
        "Marked as Spam", "Email Spam Reported", "Email Spam Report",
        "Email Spam Complaint", "Email Complaint", "Spam Complaint", "Spam Reported",
        "Spam Report", "Reported as Spam",
    ),
    "Unsubscribed": (
        "Unsubscribed from Email", "Unsubscribed from List", "List Unsubscribed",
        "Unsubscribed from Mailing List", "Mailing List Unsubscribed",
        "Unsubscribed from Newsletter", "Newsletter Unsubscribed", "Email Opted Out",
        "Email Opt Out", "Opted Out of Email",
    ),
    # Live chat
    "Live Chat Conversation Started": (
        "Live Chat Started", "Chat Started", "Chat Conversation Started",
    ),
    "Live Chat Conversation Ended": (
        "Live Chat Ended", "Chat Ended", "Chat Conversation Ended", "Live Chat Closed",
        "Chat Closed", "Live Chat Conversation Closed",
    ),
    "Live Chat Message Sent": ("Chat Message Sent",),
    "Live Chat Message Received": ("Chat Message Received",),
    # A/B testing
    "Experiment Viewed": (
        "Experiment Exposed", "Experiment Exposure", "Experiment Variation Viewed",
        "Experiment Variant Viewed", "Variation Viewed", "Variant Viewed",
        "AB Test Viewed", "A/B Test Viewed",
    ),
    # B2B SaaS
    "Signed Up": (
        "User Registered", "Registered", "Registration Completed", "Sign Up Completed",
        "Complete Registration", "User Registration",
    ),
    "Signed In": (
        "Logged In", "Log In", "Login", "User Logged In", "User Login", "Login Succeeded",
    ),
    "Signed Out": ("Logged Out", "Log Out", "Logout", "User Logged Out", "User Logout"),
    "Invite Sent": ("Invitation Sent", "Sent Invitation", "User Invited"),
    "Account Added User": ("User Added to Account", "Added User to Account"),
    "Account Removed User": ("User Removed from Account", "Removed User from Account"),
    "Trial Started": ("Free Trial Started", "Trial Began"),
    "Trial Ended": ("Free Trial Ended", "Trial Expired"),
    # Mobile
    "Application Installed": ("Mobile App Installed",),
    "Application Opened": ("App Opened", "Mobile App Opened", "Application Launched"),
    "Application Backgrounded": ("App Backgrounded",),
    "Application Foregrounded": ("App Foregrounded",),
    "Application Updated": ("App Updated", "Mobile App Updated"),
    "Application Uninstalled": ("Application Removed",),
    "Application Crashed": ("App Crashed", "Mobile App Crashed"),
    "Push Notification Tapped": (
        "Push Tapped", "Push Notification Clicked", "Tapped Push",
    ),
    "Deep Link Opened": ("Deferred Deep Link Opened",),
    # Ecommerce
    "Products Searched": ("Product Search Performed",),
    "Product List Viewed": (
        "Product Category Viewed", "Product Listing Viewed", "Product Listing Page Viewed",
        "View Item List",
    ),
    "Promotion Viewed": ("Promo Viewed",),
    "Promotion Clicked": ("Promo Clicked", "Select Promotion", "Promotion Selected"),
    "Product Clicked": ("Product Link Clicked", "Select Item"),
    "Product Viewed": (
        "Product Page Viewed", "Product Detail Viewed", "Product Detail Page Viewed",
        "View Item",
    ),
    "Product Added": (
        "Product Added to Cart", "Added Product to Cart", "Added to Cart", "Add to Cart",
        "Item Added to Cart", "Added Item to Cart", "Cart Item Added",
        "Product Added to Basket", "Added to Basket",
    ),
    "Product Removed": (
        "Product Removed from Cart", "Removed Product from Cart", "Removed from Cart",
        "Item Removed from Cart", "Removed Item from Cart", "Cart Item Removed",
        "Product Removed from Basket", "Removed from Basket",
    ),
    "Cart Viewed": ("Basket Viewed", "Shopping Cart Viewed"),
    "Checkout Started": ("Checkout Initiated", "Initiate Checkout", "Begin Checkout"),
    "Payment Info Entered": (
        "Payment Info Added", "Add Payment Info", "Payment Information Entered",
        "Payment Information Added", "Payment Details Entered",
    ),
    "Order Updated": ("Order Changed", "Order Modified", "Order Edited"),
    "Order Completed": (
        "Order Placed", "Placed Order", "Order Submitted", "Purchase Completed",
        "Completed Purchase", "Made Purchase", "Purchase Made", "Transaction Completed", "Checkout Completed",
        "Completed Checkout",
    ),
    "Order Refunded": ("Refund Issued", "Purchase Refunded"),
    "Coupon Entered": ("Coupon Code Entered", "Promo Code Entered"),
    "Coupon Applied": (
        "Coupon Code Applied", "Promo Code Applied", "Discount Code Applied",
    ),
    "Coupon Denied": ("Coupon Rejected", "Coupon Declined", "Coupon Code Denied"),
    "Coupon Removed": ("Coupon Code Removed", "Promo Code Removed"),
    "Product Added to Wishlist": (
        "Added to Wishlist", "Add to Wishlist", "Item Added to Wishlist",
        "Added Item to Wishlist", "Wishlist Item Added",
    ),
    "Product Removed from Wishlist": (
        "Removed from Wishlist", "Item Removed from Wishlist", "Wishlist Item Removed",
    ),
    "Wishlist Product Added to Cart": (
        "Product Added to Cart from Wishlist", "Product Added from Wishlist to Cart",
    ),
    "Product Reviewed": ("Product Review Submitted", "Product Rated"),
    # Video
    "Video Playback Started": ("Video Started", "Video Played", "Played Video"),
    "Video Playback Paused": ("Video Paused",),
    "Video Playback Resumed": ("Video Resumed",),
    "Video Playback Completed": ("Video Completed", "Video Finished", "Video Ended"),
    "Video Playback Exited": ("Video Exited",),
}  # fmt: skip

# Names that mean this event in some tools only.
PERHAPS: dict[str, tuple[str, ...]] = {
    "Email Link Clicked": ("Link Clicked",),
    "Unsubscribed": (
        "Opted Out", "Unsubscribed from Group", "Channel Unsubscribed",
        "Hosted Unsubscribe Clicked",
    ),
    "Push Notification Tapped": ("Notification Clicked", "Notification Opened"),
    "Push Notification Received": ("Notification Received",),
    "Live Chat Conversation Started": ("Conversation Opened", "Conversation Created"),
    "Live Chat Conversation Ended": ("Conversation Closed",),
    "Product Viewed": ("Item Viewed",),
    "Product Added": ("Item Added",),
    "Product Removed": ("Item Removed",),
    "Product List Viewed": ("Category Viewed", "Collection Viewed"),
    "Product Reviewed": ("Review Submitted",),
    "Products Searched": ("Search Performed",),
    "Order Completed": (
        "Order Created", "Order Confirmed", "Order Finished", "Order Paid",
        "Product Purchased", "Product Bought",
    ),
    "Order Refunded": ("Refund Created",),
    "Coupon Applied": (
        "Coupon Redeemed", "Coupon Used", "Discount Applied", "Voucher Applied",
    ),
    "Account Deleted": ("Account Closed",),
    "Experiment Viewed": ("Experiment Started", "Statsig Experiment Exposure"),
    "Application Backgrounded": ("App Exit", "App Closed"),
}  # fmt: skip

# Synonyms of the objects in Spec names. Combined with the action, they make a name that may
# mean the event: “Basket Shared”, “PURCHASE_CANCELLED”.
OBJECTS: dict[str, tuple[str, ...]] = {
    "Application": ("App", "Mobile App"),
    "Cart": ("Bag", "Basket", "Shopping Bag", "Shopping Cart", "Trolley"),
    "Coupon": ("Coupon Code", "Discount", "Discount Code", "Promo Code", "Voucher"),
    "Email": ("Mail", "Newsletter"),
    "Invite": ("Invitation",),
    "Live Chat Conversation": ("Chat", "Chat Conversation", "Live Chat"),
    "Order": ("Purchase", "Transaction"),
    "Payment Info": ("Payment Details", "Payment Information", "Payment Method"),
    "Product": ("Article", "Item", "SKU"),
    "Product List": (
        "Catalog",
        "Category",
        "Collection",
        "Item List",
        "Product Listing",
    ),
    "Products": ("Articles", "Items"),
    "Promotion": ("Banner", "Promo"),
    "Push Notification": ("Push", "Push Message"),
    "Trial": ("Free Trial",),
    "Video Playback": ("Video",),
}

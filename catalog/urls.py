"""The storefront's addresses."""

from django.urls import path

from catalog import machine_views, views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("products/", views.product_list, name="products"),
    path("products/<str:slug>/", views.product, name="product"),
    path("categories/<str:slug>/", views.category, name="category"),
    path("pages/<slug:slug>/", views.text_page, name="page"),
    path("search/", views.search, name="search"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
    path("theme.css", views.theme, name="theme"),
    path("robots.txt", machine_views.robots, name="robots"),
    path("sitemap.xml", machine_views.sitemap, name="sitemap"),
    path("feeds/google.xml", machine_views.product_feed, name="product-feed"),
    path("feeds/new.rss", machine_views.news, name="news"),
    path("favicon.ico", views.favicon, name="favicon"),
]
